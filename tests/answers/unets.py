"""U-Nets assembled from the blocks of lesson 05, as other people would write them, rightly and wrongly.

用第 05 课的块搭出的 U-Net，各人各写法，有对有错。
"""

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.attention import Attention
from course_utils.blocks import NoiseLevelEmbedding, ResidualBlock, double, group_norm, halve, silenced
from course_utils.exercises import exercise
from course_utils.unet import UNet

AssembledUNet = exercise("05.build").reference()


def conv3(c_in, c_out):
    return nn.Conv2d(c_in, c_out, 3, padding=1)


def padded(xt, unit):
    return F.pad(xt, (0, -xt.shape[3] % unit, 0, -xt.shape[2] % unit))


# Right answers, each in its own way.


class FloorByFloor(nn.Module):
    """A list for each kind of part, floor by floor; the wrong ones below change a line or two of it."""

    def __init__(self, channels, widths, e):
        super().__init__()
        self.n, above = len(widths), [widths[0], *widths[:-1]]
        self.last = self.make_last(widths[0], channels)
        self.norm = group_norm(widths[0])
        self.up = nn.ModuleList(self.two_up(above, widths, i, e) for i in range(self.n))
        self.doubles = nn.ModuleList(double(c) for c in widths[1:])
        self.make_bottom(widths[-1], e)
        self.down = self.make_down(above, widths, e)
        self.halves = nn.ModuleList(halve(c) for c in widths[:-1])
        self.stem = conv3(channels, widths[0])
        self.embedding = NoiseLevelEmbedding(e)

    def make_last(self, c, channels):
        return silenced(conv3(c, channels))

    def make_down(self, above, widths, e):
        return nn.ModuleList(ResidualBlock(c, width, e) for c, width in zip(above, widths, strict=True))

    def make_bottom(self, c, e):
        self.bottom1, self.attention, self.bottom2 = ResidualBlock(c, c, e), Attention(c), ResidualBlock(c, c, e)

    def two_up(self, above, widths, i, e):
        below = widths[min(i + 1, len(widths) - 1)]
        first = ResidualBlock(below + widths[i], widths[i], e)
        return nn.ModuleList([first, ResidualBlock(widths[i] + above[i], widths[i], e)])

    def tell(self, log_snr):
        return self.embedding(log_snr)

    def join(self, x, skips):
        return torch.cat([x, skips.pop()], dim=1)

    def middle(self, x, told):
        return self.bottom2(self.attention(self.bottom1(x, told)), told)

    def head(self, x):
        return self.last(F.silu(self.norm(x)))

    def pad(self, xt):
        return padded(xt, 2 ** (self.n - 1))

    def cut(self, v, xt):
        return v[:, :, : xt.shape[2], : xt.shape[3]]

    def end(self, xt, v, log_snr):
        alpha_bar = log_snr.sigmoid()[:, None, None, None]
        return (1 - alpha_bar).sqrt() * xt + alpha_bar.sqrt() * v

    def forward(self, xt, log_snr):
        if log_snr.ndim == 0:
            log_snr = log_snr.repeat(len(xt))
        told, x = self.tell(log_snr), self.stem(self.pad(xt))
        skips = [x]
        for i in range(self.n):
            if i:
                x = self.halves[i - 1](x)
                skips.append(x)
            x = self.down[i](x, told)
            skips.append(x)
        x = self.middle(x, told)
        for i in reversed(range(self.n)):
            for block in self.up[i]:
                x = block(self.join(x, skips), told)
            if i:
                x = self.doubles[i - 1](x)
        return self.end(xt, self.cut(self.head(x), xt), log_snr)


class Floor(nn.Module):
    """A floor, and all that lies below it."""

    def __init__(self, c_in, widths, e):
        super().__init__()
        c, *below = widths
        self.down = ResidualBlock(c_in, c, e)
        if below:
            self.smaller, self.below, self.larger = halve(c), Floor(c, below, e), double(below[0])
        else:
            self.block1, self.look, self.block2 = ResidualBlock(c, c, e), Attention(c), ResidualBlock(c, c, e)
        under = below[0] if below else c
        self.up1, self.up2 = ResidualBlock(under + c, c, e), ResidualBlock(c + c_in, c, e)

    def forward(self, given, told):
        x = kept = self.down(given, told)
        if hasattr(self, "below"):
            x = self.larger(self.below(self.smaller(x), told))
        else:
            x = self.block2(self.look(self.block1(x, told)), told)
        return self.up2(torch.cat([self.up1(torch.cat([x, kept], 1), told), given], 1), told)


class Recursive(nn.Module):
    def __init__(self, channels, widths, e):
        super().__init__()
        self.told, self.whole = NoiseLevelEmbedding(e), Floor(widths[0], widths, e)
        self.ends = nn.ModuleDict({"stem": conv3(channels, widths[0]), "last": silenced(conv3(widths[0], channels))})
        self.ends["norm"], self.halvings = group_norm(widths[0]), len(widths) - 1

    def enlarged(self, side):
        for _ in range(self.halvings):
            side = (side + 1) // 2
        return side * 2**self.halvings

    def forward(self, xt, log_snr):
        log_snr, (h, w) = torch.broadcast_to(log_snr, xt.shape[:1]), xt.shape[2:]
        large = xt.new_zeros(*xt.shape[:2], self.enlarged(h), self.enlarged(w))
        large[..., :h, :w] = xt
        x = self.whole(self.ends["stem"](large), self.told(log_snr))
        v = self.ends["last"](F.silu(self.ends["norm"](x)))[..., :h, :w]
        factors = [torch.sqrt(torch.sigmoid(s)).reshape(-1, 1, 1, 1) for s in (log_snr, -log_snr)]
        return factors[0] * v + factors[1] * xt


class OneLongList(nn.Module):
    """Every layer in one list, and beside it what is to be done with it."""

    def __init__(self, channels, widths, e):
        super().__init__()
        self.plan, layers = [], [NoiseLevelEmbedding(e), conv3(channels, widths[0])]

        def add(what, layer):
            self.plan.append(what)
            layers.append(layer)

        c, kept = widths[0], [widths[0]]
        for i, width in enumerate(widths):
            if i > 0:
                add("keep", halve(c))
                kept += [c]
            add("tell keep", ResidualBlock(c, width, e))
            kept += [width]
            c = width
        add("tell", ResidualBlock(c, c, e))
        add("", Attention(c))
        add("tell", ResidualBlock(c, c, e))
        for i, width in list(enumerate(widths))[::-1]:
            add("join tell", ResidualBlock(c + kept.pop(), width, e))
            add("join tell", ResidualBlock(width + kept.pop(), width, e))
            c = width
            if i > 0:
                add("", double(c))
        add("", nn.Sequential(group_norm(c), nn.SiLU(), silenced(conv3(c, channels))))
        self.layers = nn.ModuleList(layers)

    def forward(self, xt, log_snr):
        log_snr = log_snr + torch.zeros(len(xt), dtype=xt.dtype)
        embed, stem, *layers = self.layers
        below, beside = (-side % 2 ** (len(self.plan) // 5 - 1) for side in xt.shape[2:])
        xt = F.pad(xt, (0, beside, 0, below))
        e, x = embed(log_snr), stem(xt)
        kept = [x]
        for what, layer in zip(self.plan, layers, strict=True):
            if "join" in what:
                x = torch.cat((x, kept.pop(-1)), 1)
            x = layer(x, e) if "tell" in what else layer(x)
            if "keep" in what:
                kept.append(x)
        snr = log_snr.exp()[:, None, None, None]
        eps_hat = (xt + snr.sqrt() * x) / (1 + snr).sqrt()
        return eps_hat[:, :, : eps_hat.shape[2] - below, : eps_hat.shape[3] - beside]


class PackagesOwn(nn.Module):
    """The package's network inside: it pads and checks besides."""

    def __init__(self, channels, widths, e):
        super().__init__()
        own = AssembledUNet(channels, widths, e)
        self.net = UNet(channels, 8, tuple(width // 8 for width in widths))
        for name in ("embed", "stem", "down", "middle", "up", "head"):
            setattr(self.net, name, getattr(own, name))

    def forward(self, xt, log_snr):
        return self.net(xt, log_snr)


class ByName(AssembledUNet):
    """Every part is handed what it gets by name."""

    def forward(self, xt, log_snr):
        told, skips = self.embed(log_snr=log_snr.expand(len(xt))), [self.stem(input=padded(xt, self.unit))]
        for part in self.down:
            named = {"x": skips[-1], "embedding": told} if isinstance(part, ResidualBlock) else {"input": skips[-1]}
            skips.append(part(**named))
        x = self.middle[0](skips[-1], embedding=told)
        x = self.middle[2](embedding=told, x=self.middle[1](x=x))
        for part in self.up:
            if isinstance(part, ResidualBlock):
                x = part(torch.cat([x, skips.pop()], dim=1), embedding=told)
            else:
                x = part(x)
        return FloorByFloor.end(self, xt, FloorByFloor.cut(self, self.head(x), xt), log_snr.expand(len(xt)))


# Wrong ones, each as somebody has written it.


class GreyOnly(FloorByFloor):
    """One channel comes out, and is spread over the colours."""

    def make_last(self, c, channels):
        return silenced(conv3(c, 1))


class OneVForAllColours(FloorByFloor):
    def end(self, xt, v, log_snr):
        return super().end(xt, v.mean(1, keepdim=True), log_snr)


class GreyStem(FloorByFloor):
    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.stem = conv3(1, widths[0])


class DetachedSkips(FloorByFloor):
    def join(self, x, skips):
        return torch.cat([x, skips.pop().detach().clone()], dim=1)


class DetachedEmbedding(FloorByFloor):
    def tell(self, log_snr):
        return self.embedding(log_snr).detach()


class DetachedBeforeTheHead(FloorByFloor):
    def head(self, x):
        return super().head(x.detach())


class WithoutGradients(FloorByFloor):
    @torch.no_grad()
    def forward(self, xt, log_snr):
        return super().forward(xt, log_snr)


class DropsOut(FloorByFloor):
    def head(self, x):
        return super().head(F.dropout(x, 0.1, self.training))


class SilencedStem(FloorByFloor):
    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        silenced(self.stem)


class CallsForward(AssembledUNet):
    """The `forward` of the blocks is called, not the blocks."""

    def forward(self, xt, log_snr):
        told, skips = self.embed(log_snr.expand(len(xt))), [self.stem(padded(xt, self.unit))]
        for part in self.down:
            skips.append(part.forward(skips[-1], told) if isinstance(part, ResidualBlock) else part(skips[-1]))
        x = self.middle[2](self.middle[1](self.middle[0](skips[-1], told)), told)
        for part in self.up:
            double = not isinstance(part, ResidualBlock)
            x = part(x) if double else part.forward(torch.cat([x, skips.pop()], 1), told)
        return FloorByFloor.end(self, xt, FloorByFloor.cut(self, self.head(x), xt), log_snr.expand(len(xt)))


class RunsOutOfChannels(AssembledUNet):
    """In `__init__` the halvings are not counted among the skips."""

    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        left = [widths[0], *widths]
        self.up = nn.ModuleList(ResidualBlock(2 * left.pop(), width, e) for width in widths for _ in range(2))


class BeyondTheWidths(AssembledUNet):
    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.halves = nn.ModuleList(halve(widths[i] + 0 * widths[i + 1]) for i in range(len(widths)))


class AddsTheSkips(FloorByFloor):
    def join(self, x, skips):
        return x + skips.pop()


class MadeForSums(AddsTheSkips):
    """The blocks on the way up are made for the sum."""

    def two_up(self, above, widths, i, e):
        below = widths[min(i + 1, len(widths) - 1)]
        return nn.ModuleList([ResidualBlock(below, widths[i], e), ResidualBlock(widths[i], widths[i], e)])


class NoPadding(FloorByFloor):
    def make_last(self, c, channels):
        return silenced(nn.Conv2d(c, channels, 3))


class OneDoublingTooMany(FloorByFloor):
    def head(self, x):
        return super().head(F.interpolate(x, scale_factor=2))

    def cut(self, v, xt):
        return v


class Misspelt(FloorByFloor):
    def head(self, x):
        return self.lst(F.silu(self.norm(x)))


class BlockWithoutEmbedding(FloorByFloor):
    def middle(self, x, told):
        return self.bottom2(self.attention(self.bottom1(x, told)))


class ToldToAttention(FloorByFloor):
    def middle(self, x, told):
        return self.bottom2(self.attention(self.bottom1(x, told), told), told)


class ListCalled(FloorByFloor):
    def middle(self, x, told):
        return self.halves(x)


class WideBottom(FloorByFloor):
    """The first block at the bottom makes another width than the attention reads."""

    def make_bottom(self, c, e):
        super().make_bottom(c, e)
        self.bottom1 = ResidualBlock(c, 2 * c, e)


class EmbeddingOf128(FloorByFloor):
    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.embedding = NoiseLevelEmbedding(128)


class ToldTheNumber(FloorByFloor):
    def tell(self, log_snr):
        return log_snr


class BlockWithoutItsWidth(FloorByFloor):
    def make_bottom(self, c, e):
        super().make_bottom(c, e)
        self.bottom1 = ResidualBlock(c, c)


class BottomTwiceAndNever(FloorByFloor):
    """Both blocks at the bottom are made, but the first works twice."""

    def middle(self, x, told):
        return self.bottom1(self.attention(self.bottom1(x, told)), told)


class UpsamplesOnly(FloorByFloor):
    """The doublings have no convolution."""

    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.doubles = nn.ModuleList(nn.Upsample(scale_factor=2) for _ in widths[1:])


class ReluInTheHead(FloorByFloor):
    def head(self, x):
        return self.last(F.relu(self.norm(x)))


class NoRootOfV(FloorByFloor):
    def end(self, xt, v, log_snr):
        alpha_bar = log_snr.sigmoid()[:, None, None, None]
        return (1 - alpha_bar).sqrt() * xt + alpha_bar * v


class ReturnsV(FloorByFloor):
    def end(self, xt, v, log_snr):
        return v


class NoRoots(FloorByFloor):
    def end(self, xt, v, log_snr):
        alpha_bar = log_snr.sigmoid()[:, None, None, None]
        return (1 - alpha_bar) * xt + alpha_bar * v


class FirstLevelForAll(FloorByFloor):
    def end(self, xt, v, log_snr):
        return super().end(xt, v, log_snr[:1])


class WithoutAxes(FloorByFloor):
    def end(self, xt, v, log_snr):
        return (-log_snr).sigmoid().sqrt() * xt + log_snr.sigmoid().sqrt() * v


class NotSilenced(FloorByFloor):
    def make_last(self, c, channels):
        return conv3(c, channels)


class PlainLists(FloorByFloor):
    def make_down(self, above, widths, e):
        return list(super().make_down(above, widths, e))


class OneBlockTwice(FloorByFloor):
    """The same block is used for both at the bottom."""

    def make_bottom(self, c, e):
        self.bottom1, self.attention = ResidualBlock(c, c, e), Attention(c)
        self.bottom2 = self.bottom1


class NoAttention(FloorByFloor):
    def make_bottom(self, c, e):
        self.bottom1, self.bottom2, self.attention = ResidualBlock(c, c, e), ResidualBlock(c, c, e), nn.Identity()


class AttentionBehindBoth(FloorByFloor):
    def middle(self, x, told):
        return self.attention(self.bottom2(self.bottom1(x, told), told))


class SkipFirst(FloorByFloor):
    def join(self, x, skips):
        return torch.cat([skips.pop(), x], dim=1)


class FirstInFirstOut(FloorByFloor):
    def join(self, x, skips):
        return torch.cat([x, skips.pop(0)], dim=1)


class ZerosForSkips(FloorByFloor):
    def join(self, x, skips):
        return torch.cat([x, torch.zeros_like(skips.pop())], dim=1)


class OneSkipAFloor(AssembledUNet):
    """As many U-Nets have it: only the blocks leave a skip, and of two blocks up the first takes it."""

    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.up, c = nn.ModuleList(), widths[-1]
        for i, width in reversed(list(enumerate(widths))):
            self.up += [ResidualBlock(c + width, width, e), ResidualBlock(width, width, e)]
            self.up += [double(width)] if i else []
            c = width

    def forward(self, xt, log_snr):
        log_snr = log_snr.expand(len(xt))
        told, x, skips = self.embed(log_snr), self.stem(padded(xt, self.unit)), []
        for layer in self.down:
            x = layer(x, told) if isinstance(layer, ResidualBlock) else layer(x)
            skips += [x] if isinstance(layer, ResidualBlock) else []
        x = self.middle[2](self.middle[1](self.middle[0](x, told)), told)
        for layer in self.up:
            if isinstance(layer, ResidualBlock):
                wide = layer.conv1.in_channels > x.shape[1]
                x = layer(torch.cat([x, skips.pop()], 1) if wide else x, told)
            else:
                x = layer(x)
        return FloorByFloor.end(self, xt, FloorByFloor.cut(self, self.head(x), xt), log_snr)


class NoSkipOfHalvings(AssembledUNet):
    """The halvings leave no skip, so the way up runs out of them."""

    def forward(self, xt, log_snr):
        log_snr = log_snr.expand(len(xt))
        told, x = self.embed(log_snr), self.stem(padded(xt, self.unit))
        skips = [x]
        for layer in self.down:
            x = layer(x, told) if isinstance(layer, ResidualBlock) else layer(x)
            skips += [x] if isinstance(layer, ResidualBlock) else []
        x = self.middle[2](self.middle[1](self.middle[0](x, told)), told)
        for layer in self.up:
            double = not isinstance(layer, ResidualBlock)
            x = layer(x) if double else layer(torch.cat([x, skips.pop()], 1), told)
        return FloorByFloor.end(self, xt, FloorByFloor.cut(self, self.head(x), xt), log_snr)


class SkipOutOfStep(FloorByFloor):
    """Both blocks of a floor are made for its own skips alone; the second takes the one of the floor above."""

    def two_up(self, above, widths, i, e):
        below = widths[min(i + 1, len(widths) - 1)]
        return nn.ModuleList([ResidualBlock(c + widths[i], widths[i], e) for c in (below, widths[i])])


class UpToTheNextFloor(FloorByFloor):
    """The second block on a floor makes the width of the floor above already."""

    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.doubles = nn.ModuleList(double(c) for c in widths[:-1])

    def two_up(self, above, widths, i, e):
        first = ResidualBlock(2 * widths[i], widths[i], e)
        return nn.ModuleList([first, ResidualBlock(widths[i] + above[i], above[i], e)])


class NotTold(FloorByFloor):
    def tell(self, log_snr):
        return torch.zeros(len(log_snr), self.embedding.mlp[-1].out_features, dtype=log_snr.dtype)


class ToldAlphaBar(FloorByFloor):
    def tell(self, log_snr):
        return self.embedding(log_snr.sigmoid())


class SiluTwice(FloorByFloor):
    def tell(self, log_snr):
        return F.silu(self.embedding(log_snr))


class OneNumberIsNotEnough(AssembledUNet):
    """A single log-SNR for the batch is not thought of."""

    def forward(self, xt, log_snr):
        assert len(log_snr) == len(xt)
        return super().forward(xt, log_snr)


class NoSiluInTheHead(FloorByFloor):
    def head(self, x):
        return self.last(self.norm(x))


class NoNormInTheHead(FloorByFloor):
    def head(self, x):
        return self.last(F.silu(x))


class TwoFloorsOnly(AssembledUNet):
    """Written for the picture: two floors, whatever the widths."""

    def __init__(self, channels, widths, e):
        super().__init__(channels, [*widths, *widths][:2], e)


class EmbeddingOfItsOwn(AssembledUNet):
    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, 4 * widths[0])


class NamedLikeAMethod(AssembledUNet):
    """`double` and `half` are methods of every module: they change the type of its weights."""

    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.double = double(widths[-1])

    def forward(self, xt, log_snr):
        return super().forward(xt, log_snr) + 0 * self.double(xt).sum()


class NoSuper(AssembledUNet):
    def __init__(self, channels, widths, e):
        self.embed = NoiseLevelEmbedding(e)


class ChangesItsInput(FloorByFloor):
    def end(self, xt, v, log_snr):
        noise, signal = ((sign * log_snr).sigmoid().sqrt()[:, None, None, None] for sign in (-1, 1))
        xt *= noise
        return xt + signal * v


class NotPadded(FloorByFloor):
    def pad(self, xt):
        return xt


class PadsTheWrongAxes(FloorByFloor):
    def pad(self, xt):
        unit = 2 ** (self.n - 1)
        return F.pad(xt, (0, -xt.shape[2] % unit, 0, -xt.shape[3] % unit))


class PadsAlways(FloorByFloor):
    """A side that fits already gets a whole unit more."""

    def pad(self, xt):
        unit = 2 ** (self.n - 1)
        return F.pad(xt, (0, unit - xt.shape[3] % unit, 0, unit - xt.shape[2] % unit))


class PadsBesideByTheRest(FloorByFloor):
    """What is over is put on once more, and not what is lacking; below it is right."""

    def pad(self, xt):
        unit = 2 ** (self.n - 1)
        return F.pad(xt, (0, xt.shape[3] % unit, 0, -xt.shape[2] % unit))


class PadsForOneFloorMore(FloorByFloor):
    def pad(self, xt):
        return padded(xt, 2**self.n)


class PadsAtTheLeft(FloorByFloor):
    def pad(self, xt):
        unit = 2 ** (self.n - 1)
        return F.pad(xt, (-xt.shape[3] % unit, 0, -xt.shape[2] % unit, 0))

    def cut(self, v, xt):
        return v[..., v.shape[2] - xt.shape[2] :, v.shape[3] - xt.shape[3] :]


class PadsWithTheEdge(FloorByFloor):
    def pad(self, xt):
        unit = 2 ** (self.n - 1)
        return F.pad(xt, (0, -xt.shape[3] % unit, 0, -xt.shape[2] % unit), mode="replicate")


class CutsOnTheWayUp(NotPadded):
    """Nothing is padded; what comes from below is cut to the size of the skip."""

    def join(self, x, skips):
        skip = skips.pop()
        return torch.cat([x[..., : skip.shape[2], : skip.shape[3]], skip], dim=1)


class NotCut(FloorByFloor):
    def cut(self, v, xt):
        return v


class WidthsTwice(FloorByFloor):
    """As if own maps and skip had the width of the floor, both."""

    def two_up(self, above, widths, i, e):
        return nn.ModuleList(ResidualBlock(2 * widths[i], widths[i], e) for _ in range(2))


class HalvesAtTheBottomToo(AssembledUNet):
    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.down.append(halve(widths[-1]))


class StemWithoutPadding(FloorByFloor):
    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.stem = nn.Conv2d(channels, widths[0], 3)


class NoBias(FloorByFloor):
    def make_last(self, c, channels):
        return silenced(nn.Conv2d(c, channels, 3, padding=1, bias=False))


class EmbedsTwice(FloorByFloor):
    def middle(self, x, told):
        return super().middle(x, self.embedding(self.level))

    def tell(self, log_snr):
        self.level = log_snr
        return super().tell(log_snr)


class ExponentialForAlphaBar(FloorByFloor):
    def end(self, xt, v, log_snr):
        alpha_bar = log_snr.exp()[:, None, None, None]
        return (1 - alpha_bar).sqrt() * xt + alpha_bar.sqrt() * v


class MeanLevel(FloorByFloor):
    def end(self, xt, v, log_snr):
        return super().end(xt, v, log_snr.mean()[None])


class ClampsV(FloorByFloor):
    def end(self, xt, v, log_snr):
        return super().end(xt, v.clamp(-3, 3), log_snr)


class ClampsTheLevel(FloorByFloor):
    def end(self, xt, v, log_snr):
        return super().end(xt, v, log_snr.clamp(-8, 8))


class OffInFloat64(FloorByFloor):
    def end(self, xt, v, log_snr):
        return super().end(xt, v, log_snr) * (1.01 if xt.dtype == torch.float64 else 1)


class WrongForTinyImages(FloorByFloor):
    def end(self, xt, v, log_snr):
        return super().end(xt, v, log_snr) * (0 if xt.shape[2] < 2 else 1)


class StopsAtTinyImages(FloorByFloor):
    def pad(self, xt):
        return F.pad(xt, (0, -xt.shape[3] % 4, 0, -xt.shape[2] % 4), "reflect") if xt.shape[2] < 3 else super().pad(xt)


class GroupsOfEight(FloorByFloor):
    def __init__(self, channels, widths, e):
        super().__init__(channels, widths, e)
        self.norm = nn.GroupNorm(widths[0] // 8, widths[0])


class OnlyMade(AssembledUNet):
    """`__init__` is written, `forward` is not yet."""

    def forward(self, xt, log_snr): ...


class Unwritten(nn.Module):
    """The blank as it stands on the page."""

    def __init__(self, channels, widths, e):
        super().__init__()
        ...

    def forward(self, xt, log_snr): ...


RIGHT = [FloorByFloor, Recursive, OneLongList, PackagesOwn, ByName]
WRONG = {
    ReturnsV: ("this is v itself", "这是 v 本身"),
    NoRoots: ("the root is missing", "漏了开方"),
    FirstLevelForAll: ("the noise level of the first image for all", "第一幅图像的噪声水平用于全部"),
    WithoutAxes: ("[:, None, None, None]", "[:, None, None, None]"),
    NotSilenced: ("convolution `silenced`", "是否 `silenced`"),
    PlainLists: ("use `nn.ModuleList`", "请用 `nn.ModuleList`"),
    OneBlockTwice: ("missing: `ResidualBlock(16, 16, 32)`", "缺少：`ResidualBlock(16, 16, 32)`"),
    NoAttention: ("attention works 0 times", "注意力工作了 0 次"),
    AttentionBehindBoth: ("behind residual block 5 of 11", "第 5 个残差块之后"),
    SkipFirst: ("the skip first, its own maps behind", "跳跃连接在前"),
    FirstInFirstOut: ("stops before up block 1 of floor 3", "在第 3 级第 1 个上行块之前中断"),
    ZerosForSkips: ("zeros in place of a skip", "跳跃连接全是零"),
    OneSkipAFloor: ("is given no skip", "没有得到跳跃连接"),
    NoSkipOfHalvings: ("stops before up block 2 of floor 3", "在第 3 级第 2 个上行块之前中断"),
    SkipOutOfStep: ("made for 32 channels, it is given", "为 32 个通道建的"),
    UpToTheNextFloor: ("gives maps (8, 2, 3); it should give (16, 2, 3)", "特征图是 (8, 2, 3)；应为 (16, 2, 3)"),
    NotTold: ("no `NoiseLevelEmbedding` works", "没有用到 `NoiseLevelEmbedding`"),
    ToldAlphaBar: ("not given `log_snr` itself", "不是 `log_snr`"),
    SiluTwice: ("the SiLU stands in the block already", "SiLU 块里已经有了"),
    OneNumberIsNotEnough: ("a single number, of shape ()", "给整批一个数"),
    NoSiluInTheHead: ("the SiLU of the head is missing", "头部漏了 SiLU"),
    NoNormInTheHead: ("`GroupNorm` works 0 times", "`GroupNorm` 工作了 0 次"),
    TwoFloorsOnly: ("gives maps (8, 4, 6); it should give (16, 2, 3)", "特征图是 (8, 4, 6)；应为 (16, 2, 3)"),
    EmbeddingOfItsOwn: ("too many: `NoiseLevelEmbedding(96)`", "多出：`NoiseLevelEmbedding(96)`"),
    NamedLikeAMethod: ("method that every torch module has", "每个 torch 模块都有的方法"),
    NoSuper: ("that line comes first", "写在最前面"),
    GreyOnly: ("too many: `Conv2d(16, 1, 3)`", "多出：`Conv2d(16, 1, 3)`"),
    OneVForAllColours: ("all channels get one and the same v", "各通道用了同一个 v"),
    GreyStem: ("made for 1 channels, it is given (2, 3, 6, 4)", "为 1 个通道建的，得到的却是 (2, 3, 6, 4)"),
    DetachedSkips: ("gets another gradient than in `UNet`", "有一层的梯度与 `UNet` 里的不同"),
    DetachedEmbedding: ("no gradient reaches `NoiseLevelEmbedding(32)`", "梯度却传不到 `NoiseLevelEmbedding(32)`"),
    DetachedBeforeTheHead: ("no gradient reaches up block 2 of floor 1", "梯度却传不到第 1 级第 2 个上行块"),
    WithoutGradients: ("no gradient reaches `Conv2d(24, 3, 3)`", "梯度却传不到 `Conv2d(24, 3, 3)`"),
    DropsOut: ("in training it answers something else", "训练时的回答与评估时不同"),
    SilencedStem: ("the weights of `Conv2d(1, 24, 3)` are all 0 as well", "`Conv2d(1, 24, 3)` 的权重也全是 0"),
    CallsForward: ("not `block.forward(…)`", "不写 `block.forward(…)`"),
    RunsOutOfChannels: ("in `__init__` it runs out of skips", "在 `__init__` 里，跳跃连接不够用"),
    BeyondTheWidths: ("`widths` has one entry for each floor", "`widths` 每级一个数"),
    AddsTheSkips: ("is its skip joined to x, not added?", "是拼接上去的，还是相加了？"),
    MadeForSums: ("a skip is joined, `torch.cat", "跳跃连接要拼接"),
    NoPadding: (
        "`Conv2d(24, 1, 3)` makes maps of (6, 10) from maps of (8, 12)",
        "`Conv2d(24, 1, 3)` 把 (8, 12) 的图变成了 (6, 10)",
    ),
    OneDoublingTooMany: ("one doubling for each halving", "每次减半是否正好有一次加倍"),
    Misspelt: ("there is no `lst`", "没有 `lst`"),
    BlockWithoutEmbedding: ("bottom block 2 is called without the embedding", "调用底部第 2 个块时没有给嵌入"),
    ToldToAttention: ("`Attention` is called with more than one argument", "调用 `Attention` 时多给了参数"),
    ListCalled: ("a `ModuleList` is a list and cannot be called", "`ModuleList` 是一个列表，不能调用"),
    WideBottom: (
        "stops in `Attention(16)`: made for 16 channels, it is given",
        "停在 `Attention(16)`：它是为 16 个通道建的",
    ),
    EmbeddingOf128: ("an embedding of shape (b, 20), it is told (3, 128)", "嵌入形状是 (b, 20)，得到的却是 (3, 128)"),
    ToldTheNumber: ("an embedding of shape (b, 20), it is told (3,)", "嵌入形状是 (b, 20)，得到的却是 (3,)"),
    BlockWithoutItsWidth: ("`ResidualBlock` is made with other arguments", "建 `ResidualBlock` 时给的参数"),
    BottomTwiceAndNever: (
        "one and the same layer works as bottom block 1 and as bottom block 2",
        "同一层用在了两处：底部第 1 个块，以及底部第 2 个块",
    ),
    UpsamplesOnly: ("missing: `Conv2d(16, 16, 3)`", "缺少：`Conv2d(16, 16, 3)`"),
    ReluInTheHead: ("a ReLU in place of the SiLU", "头部用了 ReLU"),
    NoRootOfV: ("the factor of v is ᾱ without its root", "v 的系数是没有开方的 ᾱ"),
    ChangesItsInput: ("changes the images themselves", "改动了图像本身"),
    NotPadded: ("must be multiples of 4", "都要是 4 的倍数"),
    PadsTheWrongAxes: ("counts from the last axis", "从最后一轴数起"),
    PadsAlways: ("a side that fits gets nothing", "本来就够减半的一边不补"),
    PadsBesideByTheRest: ("(28, 13) are padded to (28, 14)", "(28, 13) 的图像补成了 (28, 14)"),
    PadsForOneFloorMore: ("images of these sizes need no padding", "这样的图像不用补边"),
    PadsAtTheLeft: ("do not stand at the top left", "左上角不是图像"),
    PadsWithTheEdge: ("at the right and below is not 0", "补在右边与下边的不是 0"),
    CutsOnTheWayUp: ("go in without padding", "没有补边就进去了"),
    NotCut: ("cut it back to the images' height and width", "请裁回图像原来的高与宽"),
    WidthsTwice: ("16 of its own and 8 of the skip", "自己的 16 个通道，加上跳跃连接的 8 个"),
    HalvesAtTheBottomToo: ("halved 3 times; between 3 floors it is 2", "减半了 3 次；3 级之间只有 2 次"),
    StemWithoutPadding: ("lacks its `padding=1`", "漏了 `padding=1`"),
    NoBias: ("`Conv2d(24, 1, 3)` is made without its bias", "`Conv2d(24, 1, 3)` 没有偏置"),
    EmbedsTwice: ("the embedding works 2 times", "嵌入计算了 2 次"),
    ExponentialForAlphaBar: ("ᾱ is not its exponential", "ᾱ 不就是它的指数"),
    MeanLevel: ("takes the mean of `log_snr` for all", "用了 `log_snr` 的均值"),
    ClampsTheLevel: ("with log-SNRs of -14 and 14", "对数信噪比为 -14 与 14"),
    OffInFloat64: ("with images in float64", "float64 的图像"),
    WrongForTinyImages: ("with images of 1 x 2", "1 x 2 的图像"),
    StopsAtTinyImages: ("with images of 1 x 2", "1 x 2 的图像"),
    ClampsV: ("v is right as it leaves the last convolution", "最后一层卷积给出的 v 是对的"),
    GroupsOfEight: ("the fault lies in the head", "错在头部"),
}
ALL = {"start", "floors", "count", "skips", "level", "equal"}
HELD = {
    "ReturnsV": ALL - {"start", "equal"},
    "NotSilenced": ALL - {"start"},
    "PlainLists": ALL - {"count"},
    "NoAttention": {"start", "skips", "level"},
    "SkipFirst": ALL - {"skips", "equal"},
    "FirstInFirstOut": {"count"},
    "GreyOnly": ALL - {"count", "equal"},
    "DetachedSkips": ALL - {"equal"},
    "UpsamplesOnly": ALL - {"count", "equal"},
    "CallsForward": {"count"},
    "OneNumberIsNotEnough": ALL - {"level"},
    "NoSiluInTheHead": ALL - {"equal"},
    "NotPadded": ALL - {"start", "equal"},
    "PadsAlways": ALL - {"floors", "equal"},
    "EmbedsTwice": ALL - {"level", "equal"},
    "GroupsOfEight": ALL - {"equal"},
    "ClampsV": ALL - {"equal"},
    "ClampsTheLevel": ALL - {"equal"},
    "OffInFloat64": ALL - {"equal"},
}
