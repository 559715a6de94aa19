"""What each further document says, from facts recorded elsewhere: plain values in, template values out."""
