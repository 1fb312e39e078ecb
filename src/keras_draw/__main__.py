"""`python -m keras_draw`: the command `keras-draw`, where a system does not find that."""

from keras_draw.cli import main

if __name__ == "__main__":
    main()
