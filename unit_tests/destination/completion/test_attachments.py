"""Files behind a write: byte for byte, once each, and reported with the record that they failed for."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence

import msgspec
import pytest

from acumatica_client.errors import AccessDenied, AcumaticaError, NotFound, ServerFault, SessionLost, Unexpected
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema, EntityShape, ValueType
from acumatica_client.transport.download import NoSuchFile
from destination_acumatica.completion import attachments
from destination_acumatica.completion.attachments import Attached, Attacher
from destination_acumatica.config.stream_settings import FileSetting, FileSource
from destination_acumatica.plan.settings_validation import file_problems

BILL = EntitySchema(EntityShape("Bill", {"Type": ValueType.STRING, "Nbr": ValueType.STRING}), keys=("Type", "Nbr"))
KEY = {"Type": "Bill", "Nbr": "000123"}
SCAN = FileSetting("scan", name="scan.pdf")
PICTURE = FileSetting("picture", FileSource.URL)
BYTES = b"\x00\xff\r\n<html>{["


class RecordWithFiles:
    """A bill and its files, as an instance keeps them. `comments`: whether the build does."""

    def __init__(self, *, comments: bool = True, **files: bytes) -> None:
        self.comments, self.files = comments, dict(files)
        self.marks: dict[str, str] = {}
        self.uploads: list[tuple[str, Sequence[str], str, bytes]] = []
        self.downloads: list[str] = []
        self.queries: list[Query] = []
        self.web: dict[str, bytes | AcumaticaError] = {}
        self.upload_trouble: AcumaticaError | None = None
        self.download_trouble: AcumaticaError | None = None
        self.there = True

    def read(self, key: Mapping[str, str], query: Query) -> Mapping[str, object] | None:
        assert key == KEY
        self.queries.append(query)
        rows = [
            {"id": name, "filename": f"Bills (000123)\\{name}", "href": f"/files/{name}", **self._comment(name)}
            for name in self.files
        ]
        return {"id": "guid", "files": rows} if self.there else None

    def _comment(self, name: str) -> dict[str, object]:
        return {"comment": self.marks.get(name)} if self.comments else {}

    def upload(
        self,
        entity: str,
        keys: Sequence[str],
        record: Mapping[str, object],
        *,
        name: str,
        content: bytes,
        comment: str = "",
    ) -> None:
        if self.upload_trouble:
            raise self.upload_trouble
        assert record["id"] == "guid"
        self.uploads.append((entity, keys, name, content))
        self.files[name], self.marks[name] = content, comment

    def download(self, href: str) -> bytes:
        self.downloads.append(href)
        if self.download_trouble:
            raise self.download_trouble
        return self.files[href.removeprefix("/files/")]

    def fetch(self, url: str) -> bytes:
        found = self.web[url]
        if isinstance(found, AcumaticaError):
            raise found
        return found

    def attach(self, *files: FileSetting, **columns: object) -> Attached:
        raws = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in columns.items()}
        return Attacher(BILL, files, self, self.read, self.fetch).attach(KEY, raws)

    def names(self) -> list[str]:
        return [name for _, _, name, _ in self.uploads]


def base64(content: bytes) -> str:
    return b64encode(content).decode()


class TestContent:
    def test_a_file_out_of_a_column_is_put_byte_for_byte(self) -> None:
        erp = RecordWithFiles()

        assert erp.attach(SCAN, scan=base64(BYTES)) == Attached(("scan.pdf",))
        assert erp.uploads == [("Bill", ("Bill", "000123"), "scan.pdf", BYTES)]
        assert erp.queries == [Query(select=("Type", "Nbr"), expand=("files",))]

    @pytest.mark.parametrize(
        "text",
        [
            base64(BYTES),
            f"data:application/pdf;base64,{base64(BYTES)}",
            "\r\n".join(base64(BYTES)[at : at + 4] for at in range(0, 20, 4)),
        ],
        ids=["plain", "data url", "in lines"],
    )
    def test_base64_comes_in_several_dresses(self, text: str) -> None:
        erp = RecordWithFiles()
        erp.attach(SCAN, scan=text)

        assert erp.uploads[0][3] == BYTES

    def test_an_empty_file_is_a_file_where_the_address_says_so(self) -> None:
        erp = RecordWithFiles()
        erp.web["https://e.com/a.txt"] = b""
        erp.attach(PICTURE, picture="https://e.com/a.txt")

        assert erp.uploads[0][2:] == ("a.txt", b"")

    @pytest.mark.parametrize("text", ["not base64!", "abc", "data:text/plain,hello"])
    def test_what_is_no_base64_is_reported_and_not_put(self, text: str) -> None:
        erp = RecordWithFiles()
        attached = erp.attach(SCAN, scan=text)

        assert erp.uploads == []
        assert [one.path for one in attached.errors] == ["scan"]
        assert "does not hold base64" in attached.errors[0].text

    def test_a_file_that_is_too_long_is_reported_before_it_is_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attachments, "MOST_BYTES", 10)
        erp = RecordWithFiles()
        erp.web["https://e.com/a"] = b"x" * 11

        assert "longer than" in erp.attach(SCAN, scan=base64(b"x" * 40)).errors[0].text
        assert "longer than" in erp.attach(PICTURE, picture="https://e.com/a").errors[0].text
        assert erp.uploads == []

    @pytest.mark.parametrize("columns", [{}, {"scan": None}, {"scan": ""}, {"scan": "  "}])
    def test_a_record_without_a_file_costs_no_request(self, columns: dict[str, object]) -> None:
        erp = RecordWithFiles()

        assert erp.attach(SCAN, **columns) == Attached()
        assert erp.queries == []


class TestNames:
    def test_come_from_a_constant_a_column_or_the_address(self) -> None:
        erp = RecordWithFiles()
        erp.web["https://e.com/path/a%20b.png?sig=1"] = BYTES
        named = FileSetting("other", name_column="its_name")
        text = base64(BYTES)
        erp.attach(
            SCAN, named, PICTURE, scan=text, other=text, its_name="n.pdf", picture="https://e.com/path/a%20b.png?sig=1"
        )

        assert erp.names() == ["scan.pdf", "n.pdf", "a b.png"]

    def test_that_are_whole_numbers_are_their_digits(self) -> None:
        erp = RecordWithFiles()
        erp.attach(FileSetting("scan", name_column="its_name"), scan=base64(BYTES), its_name=2024.0)

        assert erp.names() == ["2024"]

    @pytest.mark.parametrize("name", ["a/b.pdf", "", None, "..", 'a".pdf'])
    def test_that_no_file_can_have_are_reported(self, name: str | None) -> None:
        erp = RecordWithFiles()
        attached = erp.attach(FileSetting("scan", name_column="its_name"), scan=base64(BYTES), its_name=name)

        assert erp.uploads == []
        assert "no name" in attached.errors[0].text

    def test_of_two_files_must_differ(self) -> None:
        erp = RecordWithFiles()
        other = FileSetting("other", name="SCAN.pdf")
        attached = erp.attach(SCAN, other, scan=base64(b"1"), other=base64(b"2"))

        assert erp.names() == ["scan.pdf"]
        assert [one.path for one in attached.errors] == ["other"]


class TestTwice:
    def test_a_second_sync_puts_nothing_and_downloads_nothing(self) -> None:
        erp = RecordWithFiles()
        erp.attach(SCAN, scan=base64(BYTES))

        assert erp.attach(SCAN, scan=base64(BYTES)) == Attached()
        assert (len(erp.uploads), erp.downloads) == (1, [])
        assert erp.marks["scan.pdf"] == f"sha256:{hashlib.sha256(BYTES).hexdigest()}"

    def test_other_bytes_are_a_new_revision(self) -> None:
        erp = RecordWithFiles()
        erp.attach(SCAN, scan=base64(BYTES))
        erp.attach(SCAN, scan=base64(b"other"))

        assert erp.files["scan.pdf"] == b"other"
        assert erp.downloads == []

    @pytest.mark.parametrize("comments", [True, False])
    def test_a_file_without_a_mark_is_downloaded_and_compared(self, comments: bool) -> None:
        same = RecordWithFiles(comments=comments, **{"Scan.PDF": BYTES})
        other = RecordWithFiles(comments=comments, **{"Scan.PDF": b"other"})
        for erp in (same, other):
            erp.attach(SCAN, scan=base64(BYTES))
            assert erp.downloads == ["/files/Scan.PDF"]

        assert (same.names(), other.names()) == ([], ["scan.pdf"])

    def test_a_file_that_cannot_be_downloaded_is_put(self) -> None:
        erp = RecordWithFiles(**{"scan.pdf": b"x"})
        erp.download_trouble = NotFound("gone")

        assert erp.attach(SCAN, scan=base64(BYTES)).names == ("scan.pdf",)


class TestFailure:
    def test_of_one_file_is_reported_and_the_others_are_put(self) -> None:
        erp = RecordWithFiles()
        erp.web["https://e.com/a.png"] = NoSuchFile("e.com does not give the file (HTTP 404).")
        attached = erp.attach(PICTURE, SCAN, picture="https://e.com/a.png", scan=base64(BYTES))

        assert attached.names == ("scan.pdf",)
        (error,) = attached.errors
        assert error.path == "picture"
        assert "record was written" in error.text
        assert "HTTP 404" in error.text

    def test_a_refusal_of_acumatica_is_reported_in_its_words(self) -> None:
        erp = RecordWithFiles()
        erp.upload_trouble = ServerFault("The file type is not allowed.")

        assert "not allowed" in erp.attach(SCAN, scan=base64(BYTES)).errors[0].text

    def test_a_page_of_iis_against_a_long_file_is_reported_with_its_record(self) -> None:
        erp = RecordWithFiles()
        erp.upload_trouble = Unexpected("A web page came (HTTP 413).", status=413)

        assert "HTTP 413" in erp.attach(SCAN, scan=base64(BYTES)).errors[0].text

    @pytest.mark.parametrize("error", [SessionLost("gone"), AccessDenied("no rights"), Unexpected("?", status=500)])
    def test_that_is_not_the_files_ends_the_sync(self, error: AcumaticaError) -> None:
        erp = RecordWithFiles()
        erp.upload_trouble = error

        assert erp.attach(SCAN, scan=base64(BYTES)).failure is error

    def test_a_record_that_is_not_found_is_reported(self) -> None:
        erp = RecordWithFiles()
        erp.there = False

        assert "not found" in erp.attach(SCAN, scan=base64(BYTES)).errors[0].text


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (FileSetting("nowhere", name="x"), "it has no column nowhere"),
        (FileSetting("col", name_column="nowhere"), "it has no column nowhere"),
        (FileSetting("col"), "needs a name"),
        (FileSetting("col", name="x", name_column="col"), "has two names"),
        (FileSetting("col", name="a/b"), "cannot be named"),
    ],
)
def test_what_cannot_work_is_reported_before_the_first_record(file: FileSetting, problem: str) -> None:
    (reported,) = file_problems([file], ["col"])
    assert problem in reported


@pytest.mark.parametrize("file", [FileSetting("col", name="x"), FileSetting("col", FileSource.URL)])
def test_what_can_work_is_no_problem(file: FileSetting) -> None:
    assert list(file_problems([file], ["col"])) == []
    assert list(file_problems([file])) == []
