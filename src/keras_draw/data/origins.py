"""Where the named data sets and weights are published: addresses, sizes, digests, licences.

The values come from the source code of TensorFlow Datasets, torchvision, Keras, pytorch-fid and
torch-fidelity, which use them for the same purpose (docs/data.md names the source of each digest).
"""

from keras_draw.data.amat import make_binarized_mnist
from keras_draw.data.cifar_archive import ARCHIVE, BATCHES, FOLDER, unpack_cifar10
from keras_draw.data.omniglot import ARCHIVES, FILE, make_omniglot
from keras_draw.data.published import Origin, Part, Published
from keras_draw.data.svhn import PUBLISHED as SVHN

INCEPTION_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
"""SHA-256 of the PyTorch file with the weights of 2015; both addresses have the same file."""


def _file(name: str, size: int, sha256: str, *hosts: str) -> Published:
    """A file with a published size and SHA-256; its address is each of `hosts` plus its name."""
    return Published(name, tuple(f"{at}{name}" for at in hosts), size, sha256=sha256)


_MNIST = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
_FASHION = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)
_LAROCHELLE = "https://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/"
_CIFAR = "https://www.cs.toronto.edu/~kriz/"
_SVHN = "http://ufldl.stanford.edu/housenumbers/"
_OMNIGLOT = "https://github.com/brendenlake/omniglot/raw/master/python/"
_PYTORCH_FID = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_"
_TORCH_FIDELITY = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-"
_FID = "inception-2015-12-05-6726825d.pth"
_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
_KERAS_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"

_ALL = (
    Origin(
        "mnist",
        "LeCun, Cortes and Burges",
        "CC BY-SA 3.0, as commonly stated",
        (
            Part(
                (
                    _file(
                        "train-images-idx3-ubyte.gz",
                        9_912_422,
                        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                        *_MNIST,
                    ),
                    _file(
                        "train-labels-idx1-ubyte.gz",
                        28_881,
                        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                        *_MNIST,
                    ),
                ),
                ("train",),
            ),
            Part(
                (
                    _file(
                        "t10k-images-idx3-ubyte.gz",
                        1_648_877,
                        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                        *_MNIST,
                    ),
                    _file(
                        "t10k-labels-idx1-ubyte.gz",
                        4_542,
                        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                        *_MNIST,
                    ),
                ),
                ("test",),
            ),
        ),
    ),
    Origin(
        "fashion_mnist",
        "Xiao, Rasul and Vollgraf (Zalando Research)",
        "MIT",
        (
            Part(
                (
                    _file(
                        "train-images-idx3-ubyte.gz",
                        26_421_880,
                        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                        *_FASHION,
                    ),
                    _file(
                        "train-labels-idx1-ubyte.gz",
                        29_515,
                        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                        *_FASHION,
                    ),
                ),
                ("train",),
            ),
            Part(
                (
                    _file(
                        "t10k-images-idx3-ubyte.gz",
                        4_422_102,
                        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                        *_FASHION,
                    ),
                    _file(
                        "t10k-labels-idx1-ubyte.gz",
                        5_148,
                        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                        *_FASHION,
                    ),
                ),
                ("test",),
            ),
        ),
    ),
    Origin(
        "binarized_mnist",
        "Larochelle and Murray, from MNIST",
        "none stated",
        (
            Part(
                (
                    _file(
                        "binarized_mnist_train.amat",
                        78_400_000,
                        "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d",
                        _LAROCHELLE,
                    ),
                    _file(
                        "binarized_mnist_valid.amat",
                        15_680_000,
                        "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2",
                        _LAROCHELLE,
                    ),
                    _file(
                        "binarized_mnist_test.amat",
                        15_680_000,
                        "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c",
                        _LAROCHELLE,
                    ),
                ),
                ("train", "valid", "test"),
                ("binarized_mnist.npz",),
                make_binarized_mnist,
            ),
        ),
    ),
    Origin(
        "cifar10",
        "Krizhevsky, Learning multiple layers of features from tiny images, 2009",
        "none stated; cite the report",
        (
            Part(
                (
                    Published(
                        ARCHIVE,
                        (_CIFAR + ARCHIVE,),
                        170_000_000,
                        exact=False,
                        sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
                    ),
                ),
                ("train", "test"),
                tuple(f"{FOLDER}/{name}" for name in BATCHES),
                unpack_cifar10,
            ),
        ),
    ),
    Origin(
        "svhn",
        "Netzer et al., Reading digits in natural images, 2011",
        "for non-commercial use only",
        tuple(
            Part((_file(name, size, SVHN[name], _SVHN),), (split,), optional=split == "extra")
            for split, name, size in (
                ("train", "train_32x32.mat", 182_040_794),
                ("test", "test_32x32.mat", 64_275_384),
                ("extra", "extra_32x32.mat", 1_329_278_602),
            )
        ),
    ),
    Origin(
        "omniglot",
        "Lake, Salakhutdinov and Tenenbaum, 2015",
        "MIT",
        (
            Part(
                (
                    _file(
                        ARCHIVES[0],
                        9_464_212,
                        "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
                        _OMNIGLOT,
                    ),
                    _file(
                        ARCHIVES[1],
                        6_462_886,
                        "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
                        _OMNIGLOT,
                    ),
                ),
                ("train", "test"),
                (FILE,),
                make_omniglot,
            ),
        ),
    ),
    Origin(
        "inception-2015",
        "Google's graph of 2015-12-05, converted by pytorch-fid",
        "Apache-2.0",
        (
            Part(
                (
                    Published(
                        f"pt_{_FID}",
                        (_PYTORCH_FID + _FID, _TORCH_FIDELITY + _FID),
                        95_628_359,
                        sha256=INCEPTION_SHA256,
                    ),
                )
            ),
        ),
        weights=True,
    ),
    Origin(
        "keras-inception",
        "keras.applications.InceptionV3, ImageNet, without top",
        "Apache-2.0",
        (
            Part(
                (
                    Published(
                        _KERAS_FILE,
                        (_KERAS + _KERAS_FILE,),
                        88_000_000,
                        exact=False,
                        md5="bcbd6486424b2319ff4ef7d526e38f63",
                    ),
                )
            ),
        ),
        weights=True,
    ),
)
ORIGINS = {origin.name: origin for origin in _ALL}
"""Name -> origin: data sets first, then weights of feature extractors."""
