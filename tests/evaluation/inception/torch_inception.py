"""The 2015 Inception in plain PyTorch, following the structure of torchvision and pytorch-fid:
modules by name, and the branches of each block by their input."""

import torch
from torch import nn
from torch.nn import functional


class Basic(nn.Module):
    def __init__(self, depth, out, kernel, **options):
        super().__init__()
        self.conv = nn.Conv2d(depth, out, kernel, bias=False, **options)
        self.bn = nn.BatchNorm2d(out, eps=0.001)

    def forward(self, x):
        return functional.relu(self.bn(self.conv(x)))


def average(x):
    return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


class Block(nn.Module):
    """Layers by name, and the outputs to concatenate."""

    def __init__(self, pool, **layers):
        super().__init__()
        self.pool = pool
        for name, layer in layers.items():
            self.add_module(name, layer)

    def chain(self, x, *names):
        for name in names:
            x = getattr(self, name)(x)
        return x


class A(Block):
    def __init__(self, depth, pooled):
        super().__init__(
            average,
            branch1x1=Basic(depth, 64, 1),
            branch5x5_1=Basic(depth, 48, 1),
            branch5x5_2=Basic(48, 64, 5, padding=2),
            branch3x3dbl_1=Basic(depth, 64, 1),
            branch3x3dbl_2=Basic(64, 96, 3, padding=1),
            branch3x3dbl_3=Basic(96, 96, 3, padding=1),
            branch_pool=Basic(depth, pooled, 1),
        )

    def forward(self, x):
        double = self.chain(x, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")
        five = self.chain(x, "branch5x5_1", "branch5x5_2")
        return torch.cat([self.branch1x1(x), five, double, self.branch_pool(self.pool(x))], 1)


class B(Block):
    def __init__(self, depth):
        super().__init__(
            lambda x: functional.max_pool2d(x, 3, 2),
            branch3x3=Basic(depth, 384, 3, stride=2),
            branch3x3dbl_1=Basic(depth, 64, 1),
            branch3x3dbl_2=Basic(64, 96, 3, padding=1),
            branch3x3dbl_3=Basic(96, 96, 3, stride=2),
        )

    def forward(self, x):
        double = self.chain(x, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")
        return torch.cat([self.branch3x3(x), double, self.pool(x)], 1)


class C(Block):
    def __init__(self, depth, n):
        wide, tall = {"padding": (0, 3)}, {"padding": (3, 0)}
        super().__init__(
            average,
            branch1x1=Basic(depth, 192, 1),
            branch7x7_1=Basic(depth, n, 1),
            branch7x7_2=Basic(n, n, (1, 7), **wide),
            branch7x7_3=Basic(n, 192, (7, 1), **tall),
            branch7x7dbl_1=Basic(depth, n, 1),
            branch7x7dbl_2=Basic(n, n, (7, 1), **tall),
            branch7x7dbl_3=Basic(n, n, (1, 7), **wide),
            branch7x7dbl_4=Basic(n, n, (7, 1), **tall),
            branch7x7dbl_5=Basic(n, 192, (1, 7), **wide),
            branch_pool=Basic(depth, 192, 1),
        )

    def forward(self, x):
        seven = self.chain(x, *(f"branch7x7_{i}" for i in range(1, 4)))
        double = self.chain(x, *(f"branch7x7dbl_{i}" for i in range(1, 6)))
        return torch.cat([self.branch1x1(x), seven, double, self.branch_pool(self.pool(x))], 1)


class D(Block):
    def __init__(self, depth):
        super().__init__(
            lambda x: functional.max_pool2d(x, 3, 2),
            branch3x3_1=Basic(depth, 192, 1),
            branch3x3_2=Basic(192, 320, 3, stride=2),
            branch7x7x3_1=Basic(depth, 192, 1),
            branch7x7x3_2=Basic(192, 192, (1, 7), padding=(0, 3)),
            branch7x7x3_3=Basic(192, 192, (7, 1), padding=(3, 0)),
            branch7x7x3_4=Basic(192, 192, 3, stride=2),
        )

    def forward(self, x):
        three = self.chain(x, "branch3x3_1", "branch3x3_2")
        seven = self.chain(x, *(f"branch7x7x3_{i}" for i in range(1, 5)))
        return torch.cat([three, seven, self.pool(x)], 1)


class E(Block):
    def __init__(self, depth, pool):
        wide, tall = {"padding": (0, 1)}, {"padding": (1, 0)}
        super().__init__(
            pool,
            branch1x1=Basic(depth, 320, 1),
            branch3x3_1=Basic(depth, 384, 1),
            branch3x3_2a=Basic(384, 384, (1, 3), **wide),
            branch3x3_2b=Basic(384, 384, (3, 1), **tall),
            branch3x3dbl_1=Basic(depth, 448, 1),
            branch3x3dbl_2=Basic(448, 384, 3, padding=1),
            branch3x3dbl_3a=Basic(384, 384, (1, 3), **wide),
            branch3x3dbl_3b=Basic(384, 384, (3, 1), **tall),
            branch_pool=Basic(depth, 192, 1),
        )

    def forward(self, x):
        three = self.branch3x3_1(x)
        double = self.chain(x, "branch3x3dbl_1", "branch3x3dbl_2")
        return torch.cat(
            [
                self.branch1x1(x),
                self.branch3x3_2a(three),
                self.branch3x3_2b(three),
                self.branch3x3dbl_3a(double),
                self.branch3x3dbl_3b(double),
                self.branch_pool(self.pool(x)),
            ],
            1,
        )


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.Conv2d_1a_3x3 = Basic(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Basic(32, 32, 3)
        self.Conv2d_2b_3x3 = Basic(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = Basic(64, 80, 1)
        self.Conv2d_4a_3x3 = Basic(80, 192, 3)
        self.Mixed_5b, self.Mixed_5c, self.Mixed_5d = A(192, 32), A(256, 64), A(288, 64)
        self.Mixed_6a = B(288)
        self.Mixed_6b, self.Mixed_6c = C(768, 128), C(768, 160)
        self.Mixed_6d, self.Mixed_6e = C(768, 160), C(768, 192)
        self.Mixed_7a = D(768)
        self.Mixed_7b = E(1280, average)
        self.Mixed_7c = E(2048, lambda x: functional.max_pool2d(x, 3, 1, 1))

    def forward(self, x):
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = functional.max_pool2d(x, 3, 2)
        x = functional.max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)), 3, 2)
        for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"):
            x = getattr(self, f"Mixed_{name}")(x)
        return x.mean((2, 3))


def build():
    return Inception()
