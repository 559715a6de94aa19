"""The hub's signed words for a machine, which the machine keeps and shows to a hub that has forgotten."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all messages."""


class Posting(Message, frozen=True, kw_only=True, omit_defaults=True):
    """That a machine belongs to a hall, said in an epoch of the hub."""

    device: str
    scope: str
    window: str
    epoch: str


class SignedPosting(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``posting`` are the bytes of a Posting; ``signature`` is the hub's, over :func:`posting_payload`."""

    posting: bytes
    signature: bytes


class Registration(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Who a machine is, as its hub has approved it; ``escrow`` is sealed under the hub's own master key."""

    device: str
    public_key: bytes
    scope: str
    window: str
    label: str
    former: str
    escrow: bytes
    enrolled_ms: int


class SignedRegistration(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``registration`` are the bytes of a Registration; ``signature`` is the hub's, over :func:`registration_payload`."""

    registration: bytes
    signature: bytes


def posting_payload(posting: bytes) -> bytes:
    return b"taihaoban/posting/1\0" + posting


def registration_payload(registration: bytes) -> bytes:
    return b"taihaoban/registration/1\0" + registration
