"""Who may call the functions over HTTP, and how."""

from stack import Template, deploy, referred

OPEN_TO_ALL = "NONE-I-understand-that-anyone-can-call"
ROUTES = {
    "GET /describe": "DescribeFunction",
    "POST /describe": "DescribeFunction",
    "POST /inactivate": "InactivateFunction",
    "GET /status": "StatusFunction",
    "POST /status": "StatusFunction",
}
# What API Gateway may invoke, as stage, method and path.
SOURCES = {
    "DescribeFunction": "*/*/describe",
    "InactivateFunction": "*/POST/inactivate",
    "StatusFunction": "*/*/status",
}


def test_routes_lead_to_their_functions(template: Template) -> None:
    stack = deploy(template)
    integrations = stack.of_type("AWS::ApiGatewayV2::Integration")
    led = {
        route["RouteKey"]: referred(integrations[name]["IntegrationUri"])
        for route in stack.of_type("AWS::ApiGatewayV2::Route").values()
        for name in integrations
        if route["Target"] == {"Fn::Sub": f"integrations/${{{name}}}"}
    }
    assert led == ROUTES
    for name, integration in integrations.items():
        form = (integration["IntegrationType"], integration["PayloadFormatVersion"])
        assert form == ("AWS_PROXY", "2.0"), name


def test_routes_have_an_authorizer_by_default(template: Template) -> None:
    routes = deploy(template).of_type("AWS::ApiGatewayV2::Route")
    assert {route.get("AuthorizationType") for route in routes.values()} == {"AWS_IAM"}


def test_routes_are_open_to_all_only_when_asked_for_in_words(template: Template) -> None:
    assert template["Parameters"]["HttpAuthorization"]["AllowedValues"] == ["AWS_IAM", OPEN_TO_ALL]
    routes = deploy(template, HttpAuthorization=OPEN_TO_ALL).of_type("AWS::ApiGatewayV2::Route")
    assert {route.get("AuthorizationType") for route in routes.values()} == {"NONE"}


def test_nothing_but_the_routes_is_reachable(template: Template) -> None:
    declared = {resource["Type"] for resource in template["Resources"].values()}
    assert not declared & {"AWS::Serverless::HttpApi", "AWS::Serverless::Api"}
    stack = deploy(template)
    assert len(stack.of_type("AWS::ApiGatewayV2::Api")) == 1
    for other in ("AWS::Lambda::Url", "AWS::ApiGateway::RestApi", "AWS::ElasticLoadBalancingV2::LoadBalancer"):
        assert not stack.of_type(other), other


def test_each_function_is_invoked_from_its_routes_only(template: Template) -> None:
    api = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/"
    permissions = list(deploy(template).of_type("AWS::Lambda::Permission").values())
    granted = {referred(permission["FunctionName"]): permission.get("SourceArn") for permission in permissions}
    assert granted == {function: {"Fn::Sub": api + source} for function, source in SOURCES.items()}
    assert len(permissions) == len(SOURCES)
    assert {permission["Principal"] for permission in permissions} == {"apigateway.amazonaws.com"}


def test_requests_are_throttled(template: Template) -> None:
    (stage,) = deploy(template).of_type("AWS::ApiGatewayV2::Stage").values()
    settings = stage.get("DefaultRouteSettings", {})
    assert 0 < settings.get("ThrottlingRateLimit", 0) <= 100, settings
    assert 0 < settings.get("ThrottlingBurstLimit", 0) <= 100, settings
