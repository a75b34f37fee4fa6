"""A real Chromium, driven as a person would: opened pages, clicks and keys, by its DevTools protocol over two pipes."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.conftest import ROOT

CHROMIUM = ROOT / ".tools" / "bin" / "chromium-headless"
_SECONDS = 60.0
_KEYS = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "Tab": 9}


class BrowserFailed(AssertionError):
    """Chromium said no, ended, or found a mistake in the page."""


class Browser:
    """One page of a Chromium of its own. What the page writes to the console as an error is kept in `errors`."""

    def __init__(self, width: int = 1280, height: int = 900, *, dark: bool = False, scripts: bool = True) -> None:
        self._size, self._dark, self._scripts = (width, height), dark, scripts
        self._profile = tempfile.TemporaryDirectory(prefix="promspec-chromium-", ignore_cleanup_errors=True)
        self._number = 0
        self._rest = b""
        self.errors: list[str] = []
        self.requests: list[str] = []

    def __enter__(self) -> Browser:
        assert CHROMIUM.exists(), "no Chromium: run `make tools`"
        self._reading, theirs_out = os.pipe()
        theirs_in, self._writing = os.pipe()
        # The protocol is spoken over the descriptors 3 and 4 of the browser.
        shell = f'exec 3<&{theirs_in} 4>&{theirs_out}; exec "$0" "$@"'
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        options += ["--remote-debugging-pipe", f"--user-data-dir={self._profile.name}", "--no-first-run", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", shell, str(CHROMIUM), *options],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._session = ""
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._send(f"{domain}.enable")
        phone = self._size[0] < 600
        self._send(
            "Emulation.setDeviceMetricsOverride",
            width=self._size[0],
            height=self._size[1],
            deviceScaleFactor=1,
            mobile=phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if self._dark else "light"}
        # What still moves would be missed by a click.
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self._send("Emulation.setEmulatedMedia", features=[scheme, still])
        if not self._scripts:
            self._send("Emulation.setScriptExecutionDisabled", value=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._reading)
        os.close(self._writing)
        self._profile.cleanup()

    def open(self, page: Path, anchor: str = "") -> None:
        """Open a file and wait until it is loaded."""
        url = page.resolve().as_uri() + anchor
        self._send("Page.navigate", url=url)
        self.until(f"location.href === {json.dumps(url)} && document.readyState === 'complete'", _SECONDS)

    def run(self, script: str) -> Any:
        """The value of an expression of JavaScript in the page; it is not held by the page's policy."""
        answer = self._send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserFailed(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """Click in the middle of the first element, where it can be seen."""
        quoted = json.dumps(selector)
        place = self.run(
            f"(() => {{ const e = document.querySelector({quoted}); if (!e) return null;"
            " e.scrollIntoView({block: 'center', behavior: 'instant'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2, r.width * r.height]; })()"
        )
        if not place or not place[2]:
            raise BrowserFailed(f"nothing to be clicked is {selector}")
        at = {"x": place[0], "y": place[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self._send("Input.dispatchMouseEvent", type=kind, **at)

    def type(self, text: str) -> None:
        """Write a text where the cursor is."""
        for character in text:
            self._send("Input.dispatchKeyEvent", type="keyDown", text=character, key=character)
            self._send("Input.dispatchKeyEvent", type="keyUp", key=character)

    def press(self, key: str) -> None:
        """Press a key that writes nothing."""
        code = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        self._send("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        self._send("Input.dispatchKeyEvent", type="keyUp", **code)

    def until(self, condition: str, seconds: float = 20.0) -> None:
        """Wait until an expression is true, over a change of pages too."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self.run(condition):
                    return
            except BrowserFailed:
                pass  # between two pages there is nothing to ask
            if time.monotonic() > deadline:
                raise BrowserFailed(f"not within {seconds:g} s: {condition}")
            time.sleep(0.05)

    def screenshot(self) -> bytes:
        """The visible part of the page as PNG."""
        return base64.b64decode(self._send("Page.captureScreenshot", format="png", optimizeForSpeed=False)["data"])

    def has(self, selector: str) -> bool:
        """Whether there is such an element; asked of the document, so that it needs no scripts."""
        document = self._send("DOM.getDocument")["root"]["nodeId"]
        return bool(self._send("DOM.querySelector", nodeId=document, selector=selector)["nodeId"])

    def on_paper(self) -> None:
        """From now on the page is seen as it is printed."""
        self._send("Emulation.setEmulatedMedia", media="print")

    def printed(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self._send("Page.printToPDF")["data"])

    def _send(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserFailed(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._take(answer)

    def _take(self, event: Any) -> None:
        """Note what the page tells unasked."""
        method, told = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(str(told["exceptionDetails"].get("exception", {}).get("description", told)))
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.errors.append(told["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])

    def _receive(self) -> Any:
        deadline = time.monotonic() + _SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], max(0.0, deadline - time.monotonic()))
            part = os.read(self._reading, 1 << 20) if ready else b""
            if not part:
                raise BrowserFailed("Chromium ended" if ready else "Chromium does not answer")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)
