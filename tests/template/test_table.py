"""The table of idempotency keys."""

from typing import Any

from stack import Template, deploy


def table(template: Template, **parameters: str) -> dict[str, Any]:
    tables = list(deploy(template, **parameters).of_type("AWS::DynamoDB::Table").values())
    assert len(tables) == 1
    return tables[0]


def test_the_table_has_the_key_and_the_end_that_the_functions_write(template: Template) -> None:
    properties = table(template)
    assert properties["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert properties["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert properties.get("TimeToLiveSpecification") == {"AttributeName": "expires_at", "Enabled": True}


def test_the_table_costs_nothing_while_nobody_uses_it(template: Template) -> None:
    properties = table(template)
    assert properties.get("BillingMode") == "PAY_PER_REQUEST"
    # Of answers that are kept for a week nothing has to be restored.
    assert "PointInTimeRecoverySpecification" not in properties


def test_the_table_is_encrypted_and_protected(template: Template) -> None:
    properties = table(template)
    assert properties.get("SSESpecification") == {"SSEEnabled": True}
    assert properties.get("DeletionProtectionEnabled") is True


def test_the_table_is_there_wherever_webhooks_are(template: Template) -> None:
    """Otherwise each delivery of a webhook would be carried out."""
    for webhooks in template["Parameters"]["Webhooks"]["AllowedValues"]:
        table(template, Webhooks=webhooks)
