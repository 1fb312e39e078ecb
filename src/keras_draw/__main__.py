"""`python -m keras_draw`: the command."""

from keras_draw.cli import main

if __name__ == "__main__":
    main()
