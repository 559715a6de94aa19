"""Whom a desk believes to be its hub on the line: the office's CA, and why a certificate was not believed."""

from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509

from models.errors import KnownError

_SAFE = "没有发送任何办件。办件照常，都已加密存在本机。"
_NOT_YET, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64  # X509_V_ERR_… of OpenSSL
NO_CA = f"本机存的内网根证书读不出来，{_SAFE}请管理员用 desk hub --ca 重新放入根证书。"


def read_ca(path: Path) -> bytes:
    """The certificates of an office's CA as PEM, to be kept with the desk.  Raises KnownError."""
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
        able = [one for one in found if _is_ca(one)]
    except (OSError, ValueError) as error:
        raise KnownError(
            f"根证书“{path.name}”读不出来，没有改动。请用 PEM 格式的内网根证书文件。",
            detail=type(error).__name__,
        ) from error
    if not able:
        raise KnownError(
            f"“{path.name}”不是根证书，没有改动。请用证书机构自己的证书，不要用中心服务器的证书。"
        )
    return path.read_bytes()


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.issuer == certificate.subject  # a root of the old kind


def why_not(error: BaseException) -> str:
    """The sentence for a handshake that failed."""
    code = _verify_code(error)
    if code in (_NOT_YET, _EXPIRED):
        # A desk whose clock is years off sees this too, and cannot ask the hub for the time.
        told = "已经过期" if code == _EXPIRED else "还没有生效"
        return (
            f"按本机的日期，中心的证书{told}，{_SAFE}请先核对本机日期；日期没有错的，请管理员更换中心证书。"
        )
    if code in (_OTHER_NAME, _OTHER_ADDRESS):
        return f"中心的证书不是发给这个地址的，{_SAFE}请联系管理员核对中心地址和证书。"
    if code:
        return f"中心的证书不是本机信任的机构签发的，{_SAFE}请联系管理员核对根证书。"
    return f"与中心的加密连接没有建立起来，{_SAFE}请联系管理员核对中心地址和证书。"


def _verify_code(error: BaseException) -> int:
    """OpenSSL's reason, from under the wrappings of two libraries; 0 when it gave none."""
    seen: list[BaseException] = [error]
    for one in seen:
        if isinstance(one, ssl.SSLCertVerificationError):
            return one.verify_code
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        seen += [i for i in inner if isinstance(i, BaseException) and i not in seen]
    return 0
