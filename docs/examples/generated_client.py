"""Places, changes and cancels an order with a client that openapi-python-client generates from /openapi.json.

    pip install -r generated_client_requirements.txt
    openapi-python-client generate --url http://127.0.0.1:3333/openapi.json \
        --meta none --output-path quartermaster
    python generated_client.py http://127.0.0.1:3333 <access token> <SKU>
"""

import sys
from uuid import uuid4

from quartermaster import AuthenticatedClient
from quartermaster.api.orders import cancel_order, change_order, place_order, read_order
from quartermaster.models import (
    CancelOrderRequest,
    ChangeOrderRequest,
    LineInput,
    Order,
    OrderStatus,
    PlaceOrderRequest,
    Problem,
)

url, token, sku = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)

placed = place_order.sync_detailed(
    client=client,
    body=PlaceOrderRequest(lines=[LineInput(sku=sku, quantity=2)], reference="generated"),
    idempotency_key=str(uuid4()),
)
assert isinstance(placed.parsed, Order), placed
order = placed.parsed

changed = change_order.sync_detailed(
    order.id,
    client=client,
    body=ChangeOrderRequest(lines=[LineInput(sku=sku, quantity=3)]),
    if_match=placed.headers["ETag"],
)
assert isinstance(changed.parsed, Order), changed

# Another change of the version that the first change replaced.
stale = change_order.sync_detailed(
    order.id,
    client=client,
    body=ChangeOrderRequest(lines=[LineInput(sku=sku, quantity=4)]),
    if_match=placed.headers["ETag"],
)
assert stale.status_code == 412 and not isinstance(stale.parsed, Order), stale
assert stale.parsed.current.version == changed.parsed.version

cancelled = cancel_order.sync_detailed(
    order.id, client=client, body=CancelOrderRequest(reason="Ordered twice")
)
assert isinstance(cancelled.parsed, Order), cancelled
assert cancelled.parsed.status == OrderStatus.CANCELLED

missing = read_order.sync(uuid4(), client=client)
assert isinstance(missing, Problem) and missing.code == "not_found"

read = read_order.sync(order.id, client=client)
assert isinstance(read, Order)
print(read.number, read.status, read.cancel_reason)
