"""What runs end to end: the demo, and later the tables and figures of the thesis."""
