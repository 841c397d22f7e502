import os
from pathlib import Path

import pytest

from packshot.errors import UsageError
from packshot.executors.manifest import Identity, read_manifest
from packshot.executors.sources import collect


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def targets(*paths: Path, out: Path | None = None) -> list[str]:
    return [item.target for item in collect(paths, out=out).items]


def test_a_folder_gives_its_photos_sorted_with_sub_folders_mirrored(tmp_path: Path) -> None:
    make(tmp_path, "b.JPG", "a.png", "knit/c.webp", "notes.txt", ".hidden.jpg", ".cache/d.jpg")
    batch = collect([tmp_path])
    assert [item.target for item in batch.items] == ["a", "b", "knit/c"]
    assert batch.ignored == 2


def test_a_file_named_explicitly_is_tried_whatever_its_extension(tmp_path: Path) -> None:
    make(tmp_path, "photo.dat")
    assert targets(tmp_path / "photo.dat") == ["photo"]


def test_the_output_folder_inside_the_input_is_not_read_again(tmp_path: Path) -> None:
    make(tmp_path, "a.png", "out/publish/a.png")
    assert targets(tmp_path, out=tmp_path / "out") == ["a"]


def test_same_stems_never_share_a_target(tmp_path: Path) -> None:
    make(tmp_path, "X.png", "x.jpg", "x.png", "x-png.gif", "b/x.jpg")
    found = targets(tmp_path)
    assert len({target.casefold() for target in found}) == 5
    assert found == targets(tmp_path)
    assert "x-png" in found, "a natural name is not taken by a derived one"
    assert "b/x" in found


def test_several_folders_get_their_names_in_front(tmp_path: Path) -> None:
    make(tmp_path, "a/x.jpg", "b/x.jpg")
    assert targets(tmp_path / "a", tmp_path / "b") == ["a/x", "b/x"]


def test_files_of_one_name_from_two_folders_are_numbered(tmp_path: Path) -> None:
    make(tmp_path, "a/x.jpg", "b/x.jpg", "c/x.jpg")
    assert targets(*(tmp_path / name / "x.jpg" for name in "abc")) == ["x", "x-jpg", "x-jpg-2"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    make(tmp_path, "in/a.png")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "self.jpg").symlink_to("self.jpg")
    assert targets(tmp_path / "in") == ["a", "self"]


def test_the_category_is_the_manifests_then_the_options_then_the_folders(tmp_path: Path) -> None:
    make(tmp_path, "in/knit/a.png", "in/b.png")
    manifest = {tmp_path / "in" / "b.png": Identity("p1", "leather", "m1")}
    given = {i.target: i.identity for i in collect([tmp_path / "in"], manifest=manifest).items}
    assert given == {"b": Identity("p1", "leather", "m1"), "knit/a": Identity(None, "knit", None)}
    option = {i.target: i.identity.category for i in collect([tmp_path / "in"], category="shoes").items}
    assert option == {"b": "shoes", "knit/a": "shoes"}


def test_a_manifest_alone_lists_the_photos(tmp_path: Path) -> None:
    (tmp_path / "photos.csv").write_text(
        "path,category,price\na.jpg,knit,3\nmissing.jpg,,\n", encoding="utf-8"
    )
    rows = read_manifest(tmp_path / "photos.csv")
    items = collect([], manifest=rows).items
    assert [(item.path, item.identity.category) for item in items] == [
        (tmp_path / "a.jpg", "knit"),
        (tmp_path / "missing.jpg", None),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("product\n1\n", "no column 'path'"),
        ("path\na.jpg\na.jpg\n", "Line 3"),
        ("path,product\n,1\n", "Line 2"),
        ("path\na\0b.jpg\n", "line 2 .* NUL byte"),
    ],
)
def test_a_manifest_that_cannot_be_right_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "photos.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_manifest(path)


def test_nothing_to_do_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No photos in"):
        collect([tmp_path])
    with pytest.raises(UsageError, match="does not exist"):
        collect([tmp_path / "nowhere"])


def test_names_that_are_no_text_are_taken(tmp_path: Path) -> None:
    name = os.fsdecode(b"photo-\xff.png")
    make(tmp_path, name)
    assert [item.path.name for item in collect([tmp_path]).items] == [name]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no pipes in folders")
def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.png")
    os.mkfifo(tmp_path / "pipe.jpg")
    batch = collect([tmp_path])
    assert [item.path.name for item in batch.items] == ["a.png"]
    assert batch.notes == ("Files left out because they are no photos: 1.",)


def test_a_sub_folder_that_cannot_be_read_is_an_item_and_the_rest_is_found(locked: Path) -> None:
    assert [item.path for item in collect([locked.parent]).items] == [Path("in/a.png"), locked]
    with pytest.raises(UsageError, match="Cannot read the folder in/locked"):
        collect([locked])


def test_a_file_that_is_spelled_in_two_ways_is_taken_once(tmp_path: Path) -> None:
    make(tmp_path, "in/a.png", "in/b.png")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    again = tmp_path / "in" / ".." / "in" / "a.png"
    assert targets(tmp_path / "in", again, tmp_path / "link" / "a.png") == ["a", "b"]


def test_rows_of_the_manifest_that_match_no_photo_are_told(tmp_path: Path) -> None:
    make(tmp_path, "a.png")
    manifest = {tmp_path / name: Identity("p") for name in ("b.png", "a.png", "c.png")}
    batch = collect([tmp_path], manifest=manifest)
    assert batch.notes == (
        f"Rows of the manifest that match no photo: 2; the first is {tmp_path / 'b.png'}.",
    )


def test_the_output_folder_as_only_input_is_called_by_its_name(tmp_path: Path) -> None:
    make(tmp_path, "a.png")
    with pytest.raises(UsageError, match="is the folder of --out"):
        collect([tmp_path], out=tmp_path)


def test_the_output_folder_beside_an_input_changes_no_name(tmp_path: Path) -> None:
    make(tmp_path, "in/a.png", "out/publish/a.png")
    assert targets(tmp_path / "in", tmp_path / "out", out=tmp_path / "out") == ["a"]


def test_a_folder_called_like_an_output_gets_out_of_no_ones_way(tmp_path: Path) -> None:
    make(tmp_path, "x.png", "X.webp/a.png", "x-png.jpg/b.png")
    assert targets(tmp_path) == ["X.webp/a", "x-png.jpg/b", "x-png-2"]
