"""The two generations of the official SDK under one set of names."""

import svix
from svix.api import EndpointIn, EndpointPatch, EndpointHeadersIn, Svix, SvixOptions

SECOND = int(svix.__version__.split(".")[0]) >= 2


def connect(url, key):
    # No retries: an error is to be seen, not covered up.
    return Svix(key, SvixOptions(server_url=url, retry_schedule=[]))


def endpoint_in(url, event_types=None, **fields):
    """A new endpoint; what it subscribes to has another name in each generation."""
    if event_types is not None:
        fields["event_types" if SECOND else "filter_types"] = event_types
    if not SECOND:
        fields.setdefault("version", 1)
    return EndpointIn(url=url, **fields)


def event_types_of(endpoint):
    return endpoint.event_types if SECOND else endpoint.filter_types


def set_headers(sdk, app, endpoint, headers):
    call = sdk.endpoint.set_headers if SECOND else sdk.endpoint.update_headers
    call(app, endpoint, EndpointHeadersIn(headers=headers))


def disable(sdk, app, endpoint, disabled):
    sdk.endpoint.patch(app, endpoint, EndpointPatch(disabled=disabled))
