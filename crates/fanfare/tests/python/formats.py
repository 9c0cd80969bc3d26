"""Verifies a captured request with the official library of the company whose format it has.

Standard input: {"format", "secret", "headers" (names in lower case), "body"}. Exit code 0: verified.
"""

import json
import sys


def stripe(request):
    import stripe as library

    library.Webhook.construct_event(
        request["body"], request["headers"]["stripe-signature"], request["secret"]
    )


def slack(request):
    from slack_sdk.signature import SignatureVerifier

    verifier = SignatureVerifier(request["secret"])
    if not verifier.is_valid_request(request["body"], request["headers"]):
        raise SystemExit("slack_sdk: the signature is not valid")


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    {"stripe": stripe, "slack": slack}[asked["format"]](asked)
