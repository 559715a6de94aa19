"""The deterministic simulator: the real desk and hub code under every fault, from one seed (DESIGN §9)."""
