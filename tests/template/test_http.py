"""The callers of the functions over HTTP, and the ways in which they are let in."""

from stack import Template, deploy, referred

ROUTES = {
    "GET /describe": "DescribeFunction",
    "POST /describe": "DescribeFunction",
    "POST /inactivate": "InactivateFunction",
    "GET /status": "StatusFunction",
    "POST /status": "StatusFunction",
}
# Strangers who keep a webhook function busy must not keep the others' callers waiting.
WEBHOOKS = {
    "POST /webhooks/describe": "DescribeWebhookFunction",
    "POST /webhooks/inactivate": "InactivateWebhookFunction",
    "POST /webhooks/status": "StatusWebhookFunction",
}
# The routes that API Gateway may invoke, as stage, method and path.
SOURCES = {
    ("DescribeFunction", "*/*/describe"),
    ("InactivateFunction", "*/POST/inactivate"),
    ("StatusFunction", "*/*/status"),
}
WEBHOOK_SOURCES = {
    ("DescribeWebhookFunction", "*/POST/webhooks/describe"),
    ("InactivateWebhookFunction", "*/POST/webhooks/inactivate"),
    ("StatusWebhookFunction", "*/POST/webhooks/status"),
}
ISSUER = "https://issuer.example.com/"


def test_routes_lead_to_their_functions(template: Template) -> None:
    for webhooks, routes in (("no", ROUTES), ("yes", ROUTES | WEBHOOKS)):
        stack = deploy(template, Webhooks=webhooks)
        integrations = stack.of_type("AWS::ApiGatewayV2::Integration")
        led = {
            route["RouteKey"]: referred(integrations[name]["IntegrationUri"])
            for route in stack.of_type("AWS::ApiGatewayV2::Route").values()
            for name in integrations
            if route["Target"] == {"Fn::Sub": f"integrations/${{{name}}}"}
        }
        assert led == routes
        assert len(stack.of_type("AWS::ApiGatewayV2::Route")) == len(routes)
        for name, integration in integrations.items():
            form = (integration["IntegrationType"], integration["PayloadFormatVersion"])
            assert form == ("AWS_PROXY", "2.0"), name


def test_routes_demand_aws_signatures_by_default(template: Template) -> None:
    stack = deploy(template)
    assert not stack.of_type("AWS::ApiGatewayV2::Authorizer")
    for route in stack.of_type("AWS::ApiGatewayV2::Route").values():
        demanded = {key: value for key, value in route.items() if key.startswith("Auth")}
        assert demanded == {"AuthorizationType": "AWS_IAM"}, route


def test_routes_demand_tokens_of_an_issuer_that_is_given(template: Template) -> None:
    stack = deploy(template, JwtIssuer=ISSUER, JwtAudience="me", JwtScopePrefix="certificates/")
    ((name, authorizer),) = stack.of_type("AWS::ApiGatewayV2::Authorizer").items()
    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["JwtConfiguration"] == {"Issuer": ISSUER, "Audience": ["me"]}
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    for route in stack.of_type("AWS::ApiGatewayV2::Route").values():
        function = route["RouteKey"].rpartition("/")[2]
        demanded = {key: value for key, value in route.items() if key.startswith("Auth")}
        expected = {"AuthorizerId": {"Ref": name}, "AuthorizationScopes": [f"certificates/{function}"]}
        assert demanded == {"AuthorizationType": "JWT", **expected}, route


def test_an_issuer_needs_an_audience(template: Template) -> None:
    (rule,) = template["Rules"].values()
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "JwtIssuer"}, ""]}]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "JwtAudience"}, ""]}]}


def test_webhooks_alone_pass_without_an_authorizer(template: Template) -> None:
    """The function then has secrets and demands a signature."""
    stack = deploy(template, Webhooks="yes")
    is_open = {
        route["RouteKey"]: route["AuthorizationType"] == "NONE" for route in stack.of_type("AWS::ApiGatewayV2::Route").values()
    }
    assert {key for key, value in is_open.items() if value} == WEBHOOKS.keys()
    assert template["Parameters"]["Webhooks"] | {"Description": ""} == {
        "Description": "",
        "Type": "String",
        "Default": "no",
        "AllowedValues": ["no", "yes"],
    }
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        assert ("WEBHOOK_SECRETS" in function["Environment"]["Variables"]) == (name in WEBHOOKS.values()), name


def test_nothing_but_the_routes_is_reachable(template: Template) -> None:
    declared = {resource["Type"] for resource in template["Resources"].values()}
    assert not declared & {"AWS::Serverless::HttpApi", "AWS::Serverless::Api"}
    stack = deploy(template, Webhooks="yes")
    assert len(stack.of_type("AWS::ApiGatewayV2::Api")) == 1
    for other in ("AWS::Lambda::Url", "AWS::ApiGateway::RestApi", "AWS::ElasticLoadBalancingV2::LoadBalancer"):
        assert not stack.of_type(other), other


def test_each_function_is_invoked_from_its_routes_only(template: Template) -> None:
    api = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/"
    for webhooks, sources in (("no", SOURCES), ("yes", SOURCES | WEBHOOK_SOURCES)):
        permissions = list(deploy(template, Webhooks=webhooks).of_type("AWS::Lambda::Permission").values())
        granted = {(referred(permission["FunctionName"]), str(permission.get("SourceArn"))) for permission in permissions}
        assert granted == {(function, str({"Fn::Sub": api + source})) for function, source in sources}
        assert len(permissions) == len(sources)
        assert {permission["Principal"] for permission in permissions} == {"apigateway.amazonaws.com"}


def test_requests_are_throttled(template: Template) -> None:
    (stage,) = deploy(template).of_type("AWS::ApiGatewayV2::Stage").values()
    settings = stage.get("DefaultRouteSettings", {})
    assert 0 < settings.get("ThrottlingRateLimit", 0) <= 100, settings
    assert 0 < settings.get("ThrottlingBurstLimit", 0) <= 100, settings


def test_webhook_routes_have_a_throttle_of_their_own(template: Template) -> None:
    """API Gateway refuses the settings of a route that it does not have yet."""
    (stage,) = deploy(template).of_type("AWS::ApiGatewayV2::Stage").values()
    assert "RouteSettings" not in stage
    for parameters, rate, burst in (({}, 5, 10), ({"WebhookRequestsPerSecond": 7, "WebhookRequestBurst": 8}, 7, 8)):
        stack = deploy(template, Webhooks="yes", **parameters)
        (stage,) = stack.of_type("AWS::ApiGatewayV2::Stage").values()
        settings = {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
        assert stage.get("RouteSettings") == dict.fromkeys(WEBHOOKS, settings)
        routes = {name for name, route in stack.of_type("AWS::ApiGatewayV2::Route").items() if route["RouteKey"] in WEBHOOKS}
        waited_for = stack.resources["Stage"].get("Metadata", {}).get("Routes", [])
        assert {referred(route) for route in waited_for} == routes


def test_webhook_functions_have_a_concurrency_of_their_own(template: Template) -> None:
    for parameters, number in (({}, 2), ({"WebhookConcurrency": 9}, 9)):
        functions = deploy(template, Webhooks="yes", **parameters).of_type("AWS::Lambda::Function")
        for name, function in functions.items():
            reserved = function.get("ReservedConcurrentExecutions", 0)
            assert reserved == number if name in WEBHOOKS.values() else reserved >= 3, name
