"""`python -m keras_draw`: the same as `keras-draw`, for systems that do not find the command."""

from keras_draw.cli import main

if __name__ == "__main__":
    main()
