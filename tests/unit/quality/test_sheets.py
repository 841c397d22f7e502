from io import BytesIO

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from packshot.photo import Pixels
from packshot.quality.exhibits import Exhibit, Selection, Tile
from packshot.quality.sheets import WIDTH, file_name, sheet


def noise(seed: int, height: int, width: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def drawn(*exhibits: Exhibit) -> Pixels:
    selection = Selection()
    for exhibit in exhibits:
        selection.add(exhibit)
    return np.asarray(Image.open(BytesIO(sheet("Title", "What it shows.", selection))))


def holds(picture: Pixels, tile: Pixels) -> bool:
    """Whether ``tile`` is somewhere in ``picture``, every pixel as it is."""
    height, width = tile.shape[:2]
    rows, columns = np.nonzero((picture[: 1 - height or None, : 1 - width or None] == tile[0, 0]).all(2))
    return any(
        (picture[y : y + height, x : x + width] == tile).all() for y, x in zip(rows, columns, strict=True)
    )


def test_every_tile_is_shown_pixel_by_pixel_however_many_there_are() -> None:
    tiles = [noise(seed, 90, 240) for seed in range(11)]
    shown = drawn(Exhibit("s", 0, 0.0, "photo", tuple(Tile(f"backend {n}", t) for n, t in enumerate(tiles))))
    assert shown.shape[1] <= WIDTH
    assert all(holds(shown, tile) for tile in tiles)


def test_tiles_of_different_sizes_do_not_cover_each_other() -> None:
    tiles = [noise(1, 30, 40), noise(2, 200, 300), noise(3, 1, 1), noise(4, 77, 400)]
    shown = drawn(Exhibit("s", 0, 0.0, "photo", tuple(Tile("x", tile) for tile in tiles)))
    assert all(holds(shown, tile) for tile in tiles)


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=300))
def test_any_name_can_be_written(name: str) -> None:
    tile = noise(0, 20, 24)
    picture = drawn(Exhibit("s", 0, 0.0, name, (Tile(name, tile),)))
    assert picture.shape[1] == WIDTH
    assert holds(picture, tile)


def test_a_label_stays_above_its_own_tile() -> None:
    """The column of a narrow tile with a long label, and its neighbour's."""
    tiles = (Tile("an extraordinarily long name " * 3, noise(0, 60, 200)), Tile("", noise(1, 60, 200)))
    picture = drawn(Exhibit("s", 0, 0.0, "", tiles))
    gap = picture[100:, 16 + 200 : 16 + 200 + 8]
    assert (gap == gap[0, 0]).all()


def test_the_worst_are_marked_and_the_same_exhibits_give_the_same_bytes() -> None:
    exhibits = [Exhibit("s", n, float(n), "photo", (Tile("x", noise(n, 20, 24)),)) for n in range(9)]
    assert (drawn(*exhibits) == drawn(*reversed(exhibits))).all()
    assert drawn(*exhibits).shape[0] > drawn(*exhibits[:3]).shape[0]


def test_names_of_files_are_plain() -> None:
    assert file_name("filling", "opaque, up to 16 px, flat") == "filling-opaque-up-to-16-px-flat.png"
    assert file_name("removal", "date_stamp") == "removal-date-stamp.png"
