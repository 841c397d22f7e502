"""Whatever is sent, the answer is of the one shape and no failure of the service."""

import base64
import json
import re
import selectors
import socket

import pytest
from api_pictures import bomb, encoded, product
from api_service import REQUEST, UPLOAD, is_problem
from structlog.testing import capture_logs

PHOTO = encoded(product((64, 48)))
JPEG = encoded(product((64, 48)), "JPEG")
DIRECT = ("/remove-text", "/upscale", "/crop", "/validate", "/inpaint")
FORM = {"content-type": "multipart/form-data; boundary=x"}
AS_JSON = {"content-type": "application/json"}
MULTIPART = "multipart/form-data; boundary=x"


def part(head, body=b"a"):
    return b"--x\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + body


@pytest.mark.parametrize("path", DIRECT)
@pytest.mark.parametrize(
    ("photo", "status", "code"),
    [
        (b"", 422, "usage"),
        (b"no picture at all", 415, "unsupported_format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_format"),
        (b"%!PS-Adobe-3.0", 415, "unsupported_format"),
        (PHOTO[:300], 422, "undecodable"),
        (JPEG[:400], 422, "undecodable"),
        (PHOTO[:60] + bytes(200) + PHOTO[260:], 422, "undecodable"),
        (bomb(), 413, "too_large"),
    ],
    ids=["empty", "text", "SVG", "PostScript", "cut PNG", "cut JPEG", "broken PNG", "30000 x 30000"],
)
def test_what_is_no_photo_is_told_so(service, path, photo, status, code):
    files = {"file": ("photo.png", photo)} | ({"mask": ("mask.png", PHOTO)} if path == "/inpaint" else {})
    answer = service.http.post(path, files=files, data={"ratio": "1:1"} if path == "/crop" else None)
    is_problem(answer, status, code)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 415),
        (b"x", {"content-type": "image/png"}, 415),
        (b"a=b", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b"x", {"content-type": "multipart/form-data"}, 400),
        (b"x", {"content-type": "multipart/form-data; boundary="}, 400),
        (b"x", {"content-type": "\xff\xfe; boundary=\xff".encode("latin-1")}, 415),
        (b"", FORM, 400),
        (b"nonsense", FORM, 400),
        (b"--x\r\n\r\na\r\n--x--\r\n", FORM, 400),
        (part(b"filename=a") + b"\r\n--x--\r\n", FORM, 400),
        (part(b'name="file"; filename="a"', PHOTO), FORM, 400),
        (part(b'name="file"') + b"\r\n--x--\r\n", FORM, 422),
        (part(b'name="\xff"') + b"\r\n--x--\r\n", FORM, 400),
        (part(b'name="category"', b"\xff") + b"\r\n--x--\r\n", FORM, 400),
        (part(b'name="file"; filename="\xff.png"') + b"\r\n--x--\r\n", FORM, 400),
        (part(b'name="' + b"n" * 100_000 + b'"') + b"\r\n--x--\r\n", FORM, 400),
        (b"", AS_JSON, 400),
        (b"{", AS_JSON, 400),
        (b"[]", AS_JSON, 400),
        (b"{}", AS_JSON, 422),
        (b'{"file": "\xff"}', AS_JSON, 400),
        (b'{"file": null}', AS_JSON, 422),
        (b'{"file": "@@@"}', AS_JSON, 422),
        (b'{"file": "\\ud800"}', AS_JSON, 422),
        ('{"file": "é"}'.encode(), AS_JSON, 422),
        (b'{"a":' * 900 + b"1" + b"}" * 900, AS_JSON, 422),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, AS_JSON, 400),
        (b"[" * 1_000_000, AS_JSON, 400),
        (b'{"a": ' + b"9" * 10_000 + b"}", AS_JSON, 400),
    ],
)
@pytest.mark.parametrize("path", ["/upscale", "/v1/remove-text", "/v1/batches"])
def test_bodies_that_cannot_be_meant(service, path, content, headers, status):
    answer = service.http.post(path, content=content, headers=headers)
    if path != "/v1/batches":
        is_problem(answer, status)
    else:
        assert is_problem(answer, answer.status_code)["status"] in (400, 415, 422)


def test_a_form_that_ends_early_is_no_batch(service):
    whole = (
        part(b'name="files"; filename="a.png"', PHOTO)
        + b"\r\n"
        + part(b'name="files"; filename="b.png"', PHOTO)
    )
    is_problem(service.http.post("/v1/batches", content=whole, headers=FORM), 400, "malformed")


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        ([("image", PHOTO)], {}),
        ([("file", PHOTO), ("file", PHOTO)], {}),
        ([("file", PHOTO), ("mask", PHOTO)], {}),
        ([("file", PHOTO)], {"colour": "red"}),
        ([("file", PHOTO)], {f"field{number}": "1" for number in range(30)}),
        ([("file", PHOTO)], {"category": "   "}),
        ([("file", PHOTO)], {"category": "a\0b"}),
        ([("file", PHOTO)], {"category": "a" * 300}),
        ([("file", PHOTO)], {"format": "tiff"}),
        ([("file", PHOTO)], {"return": "xml"}),
    ],
)
def test_other_forms_than_described(service, files, fields):
    is_problem(service.http.post("/upscale", files=files, data=fields), 422)


def test_json_may_hold_the_file_in_base64_and_not_too_large(service):
    body = json.dumps({"file": base64.b64encode(bytes(UPLOAD + 1)).decode()})
    is_problem(service.http.post("/upscale", content=body, headers=AS_JSON), 413, "too_large")


@pytest.mark.parametrize("path", ["/upscale", "/v1/inpaint", "/v1/batches"])
def test_a_file_is_refused_as_soon_as_it_is_too_large(service, path):
    name = "files" if path == "/v1/batches" else "file"
    answer = service.http.post(path, files={name: ("photo.png", bytes(UPLOAD + 1))})
    assert "photo.png" in is_problem(answer, 413, "too_large")["detail"]
    is_problem(service.http.post(path, files={"x": b""}, data={"category": "a" * 9 * 2**20}), 413)


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/upscale", 2 * UPLOAD), ("/v1/batches", REQUEST), ("/v1/jobs/job_1/review", 64 * 1024)],
)
def test_what_says_it_is_too_large_is_not_read(service, path, limit):
    request = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {limit + 10**6}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(request.encode())
        assert b" 413 " in connection.recv(100)


@pytest.mark.parametrize(
    ("path", "kind", "limit"),
    [
        ("/upscale", MULTIPART, UPLOAD),
        ("/upscale", "application/json", UPLOAD * 4 // 3),
        ("/v1/batches", MULTIPART, UPLOAD),
        ("/v1/batches", "application/json", REQUEST),
        ("/v1/jobs/job_1/review", "application/json", 64 * 1024),
    ],
)
def test_a_stream_without_length_is_refused_while_it_runs(service, path, kind, limit):
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    begin = part(b'name="files"; filename="a.png"' if "batches" in path else b'name="file"; filename="a.png"')
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(head.encode() + chunk(begin if kind == MULTIPART else b'{"file": "'))
        answer, sent = b"", 0
        with selectors.DefaultSelector() as ready:
            ready.register(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while not answer and sent < 3 * limit:  # the stream itself never ends
                [(_, event)] = ready.select(60)
                if event & selectors.EVENT_READ:
                    answer = connection.recv(2000)
                else:
                    connection.sendall(chunk(bytes([65]) * 16_384))
                    sent += 16_384
        assert b" 413 " in (answer or connection.recv(2000))


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
@pytest.mark.parametrize(
    "path", ["/upscale", "/v1/batches/bat_1/cancel", "/nowhere", "/v1", "/upscale/", "/%ff/%00"]
)
def test_other_methods_and_paths(service, method, path):
    answer = service.http.request(method, path)
    status = 405 if path in ("/upscale", "/v1/batches/bat_1/cancel") else 404
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (status, b"")
    else:
        is_problem(answer, status)
    if status == 405:
        assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[("GET", path) for path in ("/v1/batches/x", "/v1/batches/x/jobs", "/v1/batches/x/events")],
        *[("POST", f"/v1/batches/x/{verb}") for verb in ("cancel", "unpublish", "restore")],
        *[("GET", path) for path in ("/v1/jobs/x", "/v1/jobs/x/input", "/v1/jobs/x/receipt")],
        ("POST", "/v1/jobs/x/review/y/undo"),
    ],
)
def test_names_that_do_not_exist(service, method, path):
    is_problem(service.http.request(method, path), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/batches/%00", "/v1/jobs/a%00b/input", "/v1/batches/%ff", "/v1/batches/" + "a" * 200),
        *("/v1/batches?limit=0", "/v1/batches?limit=501", "/v1/batches?before=%00", "/v1/jobs?after=%00"),
        *("/v1/jobs?state=lost", "/v1/jobs/x/secrets", "/v1/audit?after=-1", "/v1/audit?subject=%00"),
        "/v1/audit?after=99999999999999999999999",
    ],
)
def test_values_that_cannot_be(service, path):
    is_problem(service.http.get(path), 422, "invalid_request")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe{", 400),
        (b"[" * 60_000, 400),
        (b"", 422),
        (b"[]", 422),
        (b'{"action": "destroy"}', 422),
        (b'{"action": "reject"}', 422),
        (b'{"action": "reject", "reason": "  "}', 422),
        (b'{"action": "reject", "reason": "a\\u0000b"}', 422),
        (b'{"action": "approve", "hint": "all"}', 422),
        (b'{"action": "redo", "hint": "everything"}', 422),
        (b'{"action": "redo", "backends": {"\\ud800": "x"}}', 422),
        (b'{"action": "approve"}', 404),
    ],
)
def test_reviews_that_cannot_be(service, content, status):
    answer = service.http.post("/v1/jobs/job_1/review", content=content, headers=AS_JSON)
    is_problem(answer, status)


def test_every_answer_has_an_id_and_takes_the_callers(service):
    mine = {"x-request-id": "order-7.retry_1"}
    assert service.http.get("/healthz", headers=mine).headers["x-request-id"] == "order-7.retry_1"
    for bad in (b"\xff\xfe", b"a b", b"a" * 65, b'"', b""):
        given = service.http.get("/nowhere", headers=[(b"x-request-id", bad)]).headers["x-request-id"]
        assert re.fullmatch(r"req_[0-9a-f]{16}", given)


def test_a_defect_of_ours_shows_nothing_and_can_be_found_in_the_log(service, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("the inside of the service")

    monkeypatch.setattr("packshot.service.views.batches", broken)
    with capture_logs() as log:
        answer = service.http.get("/v1/batches")
    body = is_problem(answer, 500, "internal_error")
    assert "inside" not in answer.text
    (entry,) = [entry for entry in log if entry["event"] == "request.failed"]
    assert entry["request_id"] == body["request_id"]
    assert "inside" in str(entry["exc_info"])


def test_lost_storage_is_our_fault_and_not_the_callers(service):
    job = next(
        iter(service.finished(service.submit(("a.png", encoded(product((70, 70))))))["a.png"].items())
    )[1]
    digest = service.http.get(f"/v1/jobs/{job}").json()["input"]
    service.context.artefacts.delete(digest)
    is_problem(service.http.get(f"/v1/jobs/{job}/input"), 500, "missing_object")


def test_health_is_told_to_whoever_asks(service):
    for path in ("/healthz", "/readyz"):
        assert service.http.get(path).status_code == 200
        assert service.http.head(path).status_code == 200
    assert service.http.get("/readyz").json() == {"ready": True, "ledger": True, "workers": True}
    figures = service.http.get("/metrics").text
    assert "queue_oldest_age_seconds" in figures
    assert 'method="BREW"' not in figures
