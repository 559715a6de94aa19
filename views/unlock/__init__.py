"""The sign-in screen.  Imports Qt and the theme only, so that it paints before anything heavy."""
