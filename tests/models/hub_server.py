"""A Hub on 127.0.0.1, with what is needed to push and load a network."""

import base64
import contextlib
import hashlib
import http.server
import json
import threading


class Hub(http.server.ThreadingHTTPServer):
    """Repositories and their files in memory; requests are recorded in `asked`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories = {}
        self.files = {}
        self.asked = []
        self.size_said = None
        self.refuse = 0

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


@contextlib.contextmanager
def running():
    hub = Hub()
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(("POST", self.path, self.headers.get("Authorization")))
        if self.server.refuse:
            return self._answer({"error": "no"}, self.server.refuse)
        parts = self.path.split("/")
        if self.path == "/api/repos/create":
            said = json.loads(body)
            name = f"{said['organization']}/{said['name']}"
            if name in self.server.repositories:
                return self._answer({"url": f"{self.server.address}/{name}"}, 409)
            self.server.repositories[name] = {}
            return self._answer({"url": f"{self.server.address}/{name}", "id": name})
        if self.path == "/api/validate-yaml":
            return self._answer({"errors": [], "warnings": []})
        if parts[5:6] == ["preupload"]:
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
                for f in json.loads(body)["files"]
            ]
            return self._answer({"files": files})
        assert parts[5] == "commit", self.path
        name = "/".join(parts[3:5])
        for line in body.decode().splitlines():
            said = json.loads(line)
            if said["key"] == "file":
                value = said["value"]
                content = base64.b64decode(value["content"])
                self.server.repositories[name][value["path"]] = content
        commit = {"commitOid": "a" * 40, "commitUrl": f"{self.server.address}/{name}/commit/a"}
        return self._answer({**commit, "hookOutput": "", "success": True})

    def do_HEAD(self):
        self._file(body=False)

    def do_GET(self):
        self._file(body=True)

    def _file(self, *, body):
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization")))
        if self.path in self.server.files:
            return self._content(self.server.files[self.path], body=body)
        _, user, repo, resolve, revision, file = (self.path + "/////").split("/")[:6]
        files = self.server.repositories.get(f"{user}/{repo}")
        if files is None or resolve != "resolve":
            return self._missing("RepoNotFound", 401)
        if revision not in ("main", "a" * 40):
            return self._missing("RevisionNotFound")
        if file not in files:
            return self._missing("EntryNotFound")
        return self._content(files[file], body=body)

    def _content(self, content, *, body):
        size = len(content) if self.server.size_said is None else self.server.size_said
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _missing(self, code, status=404):
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, said, code=200):
        content = json.dumps(said).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
