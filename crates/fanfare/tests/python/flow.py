"""The way of a platform through the official SDK: everything it does on its first day, and what its customers see.

Run by the test `python_sdk` with `--url` and `--key`; any failed assertion ends it with an exit code that is not 0.
"""

import argparse
import json
import time
from datetime import datetime, timedelta, timezone

import httpx
import svix
from svix.api import (
    ApplicationIn,
    EndpointSecretRotateIn,
    EventTypeIn,
    MessageIn,
    RecoverIn,
)
from svix.api.message import MessageGetOptions
from svix.exceptions import HTTPValidationError, HttpError

import sdk as generation
from receiver import SOON, Receiver

APP = "acme"
PAID = "invoice.paid"
OPENED = "account.opened"
# Numbers beyond a double's precision and text beyond ASCII must arrive as they were posted.
PAYLOAD = {"invoice": "2026-0117", "amount": 12345678901234567890, "note": "für Zoë"}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--key", required=True)
    options = arguments.parse_args()
    receiver = Receiver()
    platform = Platform(options.url, options.key, receiver)
    try:
        for step in STEPS:
            step(platform)
            print(f"svix {svix.__version__}: {step.__name__}: ok", flush=True)
    finally:
        receiver.close()


class Platform:
    """A platform's own code: an SDK client and what it remembers."""

    def __init__(self, url, key, receiver):
        self.url = url
        self.key = key
        self.sdk = generation.connect(url, key)
        self.receiver = receiver

    def post(self, event_type=PAID, payload=PAYLOAD, **fields):
        return self.sdk.message.create(APP, MessageIn(event_type=event_type, payload=payload, **fields))

    def secret(self, endpoint):
        return self.sdk.endpoint.get_secret(APP, endpoint).key

    def attempts(self, message, enough):
        """The attempts of a message as soon as `enough` holds for them."""
        deadline = time.monotonic() + SOON
        while True:
            attempts = self.sdk.message_attempt.list_by_msg(APP, message).data
            if enough(attempts):
                return attempts
            assert time.monotonic() < deadline, f"not the attempts that were expected: {attempts}"

    def set_retry_schedule(self, endpoint, seconds):
        """What Fanfare adds to the SDK's API is reached beside the SDK."""
        answer = httpx.patch(
            f"{self.url}/api/v1/app/{APP}/endpoint/{endpoint}",
            json={"retrySchedule": seconds},
            headers={"authorization": f"Bearer {self.key}"},
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["retrySchedule"] == seconds


def event_types(platform):
    for name in (PAID, OPENED):
        made = platform.sdk.event_type.create(EventTypeIn(name=name, description=f"{name} happened"))
        assert (made.name, made.archived, made.deprecated) == (name, False, False), made
    listed = platform.sdk.event_type.list()
    assert [event_type.name for event_type in listed.data] == [OPENED, PAID] and listed.done, listed
    assert platform.sdk.event_type.get(PAID).description == "invoice.paid happened"


def application_with_uid(platform):
    made = platform.sdk.application.create(ApplicationIn(name="Acme", uid=APP, metadata={"plan": "team"}))
    assert made.uid == APP and made.id.startswith("app_"), made
    for name in (APP, made.id):
        found = platform.sdk.application.get(name)
        assert (found.id, found.metadata) == (made.id, {"plan": "team"}), found
    assert platform.sdk.application.get_or_create(ApplicationIn(name="Other", uid=APP)).id == made.id


def endpoint_with_filter_and_headers(platform):
    headers = {"X-Tenant": "acme", "Authorization": "Bearer customer"}
    wanted = generation.endpoint_in(platform.receiver.url("/main"), [PAID], uid="main", headers=headers)
    made = platform.sdk.endpoint.create(APP, wanted)
    assert made.id.startswith("ep_") and generation.event_types_of(made) == [PAID], made
    shown = platform.sdk.endpoint.get_headers(APP, "main")
    assert shown.headers == {"X-Tenant": "acme"}, shown
    assert [name.lower() for name in shown.sensitive] == ["authorization"], shown
    generation.set_headers(platform.sdk, APP, "main", headers | {"X-More": "1"})
    assert platform.secret("main").startswith("whsec_")


def message_is_delivered_and_verified(platform):
    platform.post(OPENED, {"account": 1})
    message = platform.post(event_id="evt-1")
    delivery = platform.receiver.wait_for("/main", 1)[0]
    assert delivery.id == message.id, "what the filter leaves out is not delivered"
    assert delivery.is_signed_with(platform.secret("main"))
    assert json.loads(delivery.body) == PAYLOAD
    assert delivery.headers["x-tenant"] == "acme" and delivery.headers["x-more"] == "1"
    assert delivery.headers["authorization"] == "Bearer customer"
    # The second generation asks for no content unless told otherwise.
    with_content = MessageGetOptions(with_content=True)
    shown = platform.sdk.message.get(APP, message.id, with_content)
    assert shown.payload == PAYLOAD, shown
    assert platform.sdk.message.get(APP, "evt-1").id == message.id
    platform.message = message.id


def attempts_are_listed(platform):
    attempts = platform.attempts(platform.message, lambda attempts: len(attempts) == 1)
    attempt = attempts[0]
    assert (attempt.status, attempt.response_status_code) == (0, 200), attempt
    assert attempt.url == platform.receiver.url("/main"), attempt
    by_endpoint = platform.sdk.message_attempt.list_by_endpoint(APP, "main").data
    assert [item.id for item in by_endpoint] == [attempt.id], by_endpoint
    assert platform.sdk.message_attempt.get(APP, platform.message, attempt.id).id == attempt.id
    reached = platform.sdk.message_attempt.list_attempted_destinations(APP, platform.message).data
    assert [destination.status for destination in reached] == [0], reached


def resend(platform):
    platform.sdk.message_attempt.resend(APP, platform.message, "main")
    first, second = platform.receiver.wait_for("/main", 2)
    assert (first.id, first.body) == (second.id, second.body)
    assert second.is_signed_with(platform.secret("main"))
    platform.attempts(platform.message, lambda attempts: len(attempts) == 2)


def rotation_keeps_the_old_secret_for_a_while(platform):
    grace_seconds = 3
    old = platform.secret("main")
    platform.sdk.endpoint.rotate_secret(
        APP, "main", EndpointSecretRotateIn(grace_period_seconds=grace_seconds)
    )
    rotated = time.monotonic()
    new = platform.secret("main")
    assert new != old
    seen = len(platform.receiver.at("/main"))
    platform.post()
    during = platform.receiver.wait_for("/main", seen + 1)[-1]
    assert during.is_signed_with(new) and during.is_signed_with(old), during.headers["webhook-signature"]

    # Customers see the change on the messages that keep coming.
    while platform.receiver.at("/main")[-1].is_signed_with(old):
        assert time.monotonic() < rotated + grace_seconds + SOON, "the old secret still signs"
        seen = len(platform.receiver.at("/main"))
        platform.post()
        platform.receiver.wait_for("/main", seen + 1)
    assert time.monotonic() >= rotated + grace_seconds - 1, "the old secret ended too early"
    after = platform.receiver.at("/main")[-1]
    assert after.is_signed_with(new) and not after.is_signed_with(old)


def rotation_to_a_secret_of_ones_own(platform):
    own = "whsec_" + "bWFkZSBieSB0aGUgY3VzdG9tZXIgaXRzZWxm"
    platform.sdk.endpoint.rotate_secret(APP, "main", EndpointSecretRotateIn(key=own))
    assert platform.secret("main") == own
    seen = len(platform.receiver.at("/main"))
    platform.post()
    assert platform.receiver.wait_for("/main", seen + 1)[-1].is_signed_with(own)


def recover_what_failed_and_what_was_missed(platform):
    since = datetime.now(timezone.utc) - timedelta(minutes=1)
    recovering = generation.endpoint_in(platform.receiver.url("/recovering"), uid="recovering")
    platform.sdk.endpoint.create(APP, recovering)
    platform.set_retry_schedule("recovering", [])
    platform.receiver.failing.add("/recovering")
    failed = platform.post(OPENED, {"account": 2}).id
    platform.receiver.wait_for("/recovering", 1)
    attempts = platform.attempts(failed, lambda attempts: len(attempts) == 1)
    assert (attempts[0].status, attempts[0].response_status_code) == (2, 500), attempts

    platform.receiver.failing.clear()
    task = platform.sdk.endpoint.recover(APP, "recovering", RecoverIn(since=since))
    assert str(task.task) == "endpoint.recover", task
    delivery = platform.receiver.wait_for("/recovering", 2)[-1]
    assert delivery.id == failed and delivery.is_signed_with(platform.secret("recovering"))
    platform.attempts(failed, lambda attempts: [attempt.status for attempt in attempts] == [0, 2])

    generation.disable(platform.sdk, APP, "recovering", True)
    missed = platform.post(OPENED, {"account": 3}).id
    generation.disable(platform.sdk, APP, "recovering", False)
    platform.sdk.endpoint.recover(APP, "recovering", RecoverIn(since=since))
    assert missed in [delivery.id for delivery in platform.receiver.wait_for("/recovering", 3)]


def mistakes_are_the_sdks_own_errors(platform):
    missing = raised(HttpError, lambda: platform.sdk.application.get("nobody"))
    assert missing.status_code == 404 and missing.code == "not_found", missing
    unknown = generation.endpoint_in(platform.receiver.url("/"), ["no.such.type"])
    invalid = raised(HTTPValidationError, lambda: platform.sdk.endpoint.create(APP, unknown))
    assert invalid.detail, invalid
    taken = raised(HttpError, lambda: platform.post(event_id="evt-1"))
    assert taken.status_code == 409, taken
    foreign = generation.connect(platform.url, "sk_live_of_somebody_else")
    refused = raised(HttpError, lambda: foreign.application.list())
    assert refused.status_code == 401, refused


def raised(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def deletion(platform):
    platform.sdk.endpoint.delete(APP, "main")
    platform.sdk.application.delete(APP)
    assert raised(HttpError, lambda: platform.sdk.application.get(APP)).status_code == 404


STEPS = [
    event_types,
    application_with_uid,
    endpoint_with_filter_and_headers,
    message_is_delivered_and_verified,
    attempts_are_listed,
    resend,
    rotation_keeps_the_old_secret_for_a_while,
    rotation_to_a_secret_of_ones_own,
    recover_what_failed_and_what_was_missed,
    mistakes_are_the_sdks_own_errors,
    deletion,
]

if __name__ == "__main__":
    main()
