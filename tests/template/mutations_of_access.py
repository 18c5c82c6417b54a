"""What breaks the rules of who may call, what the functions get, and what they may do."""

import test_environment as environment
import test_http as http
import test_roles as roles

LAYERS = "Layers: [!If [HasExtension, !Ref SecretsExtensionLayer, !Ref AWS::NoValue]]"
ROUTE = "AuthorizationType: !If [TakesTokens, JWT, AWS_IAM]"
IOT_DEFAULT = "certificates of this account's AWS IoT.\n    Type: String\n    Default: "
SECRET = "secret:${CredentialsPrefix}/status/tencent-??????"
IOT_CERTIFICATES = "!Sub arn:${AWS::Partition}:iot:*:${AWS::AccountId}:cert/*"
CONDITIONAL_INSTANCES = "!If [HasAllowedInstances, !Ref InactivateAllowedInstances, !Ref AWS::NoValue]"

# For each check: a text of the template, and what takes its first place.
MUTATIONS = {
    roles.test_roles_reach_the_own_queue_and_log_group_only: [
        ("sqs:DeleteMessage", '"sqs:*"'),
        ("Resource: !GetAtt StatusQueue.Arn", 'Resource: "*"'),
        ("      Role: !GetAtt StatusRole.Arn\n", ""),
        ("[sqs:SendMessage]", "[sqs:SendMessage, sqs:ReceiveMessage]"),
        ("!GetAtt ResultsQueue.Arn, ", "!GetAtt InactivateQueue.Arn, "),
        (", !GetAtt InactivateQueue.Arn]", "]"),
        (", !GetAtt InactivateQueue.Arn]", ", !GetAtt StatusQueue.Arn]"),
        ("Service: lambda.amazonaws.com", 'AWS: "*"'),
        (f'{IOT_DEFAULT}"no"', f'{IOT_DEFAULT}"yes"'),
        ('!Equals [!Ref AwsIot, "yes"]', '!Not [!Equals [!Ref AwsIot, "yes"]]'),
    ],
    roles.test_roles_reach_certificates_of_aws_iot_where_asked_for: [
        (f'{IOT_DEFAULT}"no"\n    AllowedValues: ["no", "yes"]', f'{IOT_DEFAULT}"no"\n    AllowedValues: ["no", "yes", "maybe"]'),
        ('[!Ref AwsIot, "yes"]', '[!Ref AwsIot, "on"]'),
        ("[iot:DescribeCertificate, iot:UpdateCertificate]", "[iot:DescribeCertificate]"),
        ("[iot:DescribeCertificate]", "[iot:DescribeCertificate, iot:UpdateCertificate]"),
        ("iot:ListCertificates, ", '"iot:List*", '),
        (IOT_CERTIFICATES, '"*"'),
        (IOT_CERTIFICATES, "!Sub arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:cert/*"),
        ('Resource: "*" # lists', f"Resource: {IOT_CERTIFICATES} # lists"),
    ],
    roles.test_roles_read_the_own_credentials_only: [
        (SECRET, "secret:${CredentialsPrefix}/*"),
        (SECRET, "secret:${CredentialsPrefix}/describe/tencent-??????"),
        ("[secretsmanager:GetSecretValue]", "[secretsmanager:GetSecretValue, secretsmanager:PutSecretValue]"),
        ("parameter/${CredentialsPrefix}/inactivate/alibaba", "parameter/*"),
        ("HasSecret: !Or [!Condition HasTencentSecret, ", "HasSecret: !Or [!Condition HasTencentRole, "),
        ("[ssm:GetParameter]", '["ssm:*"]'),
    ],
    roles.test_roles_get_short_tokens_for_the_clouds_asked_for: [
        ("sts:DurationSeconds: 300", "sts:DurationSeconds: 3600"),
        ("!If [HasAlibabaRole, sts.aliyuncs.com, !Ref AWS::NoValue]", "sts.aliyuncs.com"),
        ("[sts:GetWebIdentityToken]", "[sts:GetWebIdentityToken, sts:AssumeRole]"),
        ("HasRole: !Or [!Condition HasTencentRole, ", "HasRole: !Or [!Condition HasTencentSecret, "),
    ],
    roles.test_roles_write_traces_where_asked_for: [
        ("xray:PutTelemetryRecords", "xray:*"),
        ("IsTraced: !Equals [!Ref Tracing, Active]", "IsTraced: !Equals [!Ref Tracing, On]"),
    ],
    environment.test_environments_hold_what_each_function_needs: [
        ("TENCENT_MQTT_ENDPOINT:", "TENCENT_ENDPOINT:"),
        ("alibaba-pca\n", "alibaba-pca\n          EXTRA: yes\n"),
        ("!Ref AlibabaPcaRegion, !", "!Ref AlibabaMqttRegion, !"),
        ("          SOURCES: !If [HasSources, !Ref Sources, !Ref AWS::NoValue]\n", ""),
        ("        RESULTS_QUEUE_URL: !Ref ResultsQueue\n", ""),
        ("          ORDERS_QUEUE_URL: !Ref InactivateQueue\n", ""),
        ("ORDERS_QUEUE_URL: !Ref InactivateQueue", "ORDERS_QUEUE_URL: !Ref ResultsQueue"),
    ],
    environment.test_environments_are_bare_by_default: [
        (CONDITIONAL_INSTANCES, "!Ref InactivateAllowedInstances"),
    ],
    environment.test_each_parameter_alone_brings_its_own_variables: [
        ("[HasSources,", "[HasAllowedInstances,"),
        ("[HasAlibabaMqttRegion,", "[HasAlibabaPcaRegion,"),
    ],
    environment.test_sources_that_lost_their_quotation_marks_are_refused: [
        (r'\{\s*"[\s\S]*\}', r"\{[\s\S]*\}"),
        (r"\s*\])?$", r"\s*\]?)?$"),
        (r"\s*\])?$", r"\s*\])$"),
    ],
    environment.test_credentials_come_the_way_that_is_asked_for: [
        ("[!Ref AlibabaCredentials, secret]", "[!Ref TencentCredentials, secret]"),
        ("${CredentialsPrefix}/status/tencent", "${CredentialsPrefix}/tencent"),
        ("/${CredentialsPrefix}/inactivate/alibaba", "${CredentialsPrefix}/inactivate/alibaba"),
        ("[HasTencentRole, !Ref TencentOidcProviderId,", "[HasAlibabaRole, !Ref TencentOidcProviderId,"),
        (
            "TENCENTCLOUD_ROLE_SESSION_NAME: !If [HasTencentRole, status,",
            "TENCENTCLOUD_ROLE_SESSION_NAME: !If [HasTencentRole, shared,",
        ),
        ("/status/webhook}}", "/inactivate/webhook}}"),
        ("[none, secret, parameter, role]", "[secret, parameter, role]"),
    ],
    environment.test_secrets_are_read_through_the_extension_where_it_is_given: [
        (f"    {LAYERS}\n", ""),
        (LAYERS, "Layers: [!Ref SecretsExtensionLayer]"),
    ],
    environment.test_no_parameter_holds_a_secret: [
        ("Rules:", "  AlibabaKey: { Type: String }\n\nRules:"),
    ],
    http.test_routes_lead_to_their_functions: [
        ("RouteKey: POST /inactivate", "RouteKey: ANY /inactivate"),
        ("integrations/${StatusIntegration}", "integrations/${DescribeIntegration}"),
        ("    Condition: TakesWebhooks\n", ""),
        ('PayloadFormatVersion: "2.0"', 'PayloadFormatVersion: "1.0"'),
    ],
    http.test_routes_demand_aws_signatures_by_default: [
        (ROUTE, "AuthorizationType: NONE"),
        (f"      {ROUTE}\n", ""),
        ('!Not [!Equals [!Ref JwtIssuer, ""]]\n  TakesWebhooks', '!Equals [!Ref JwtIssuer, ""]\n  TakesWebhooks'),
        ("    Condition: TakesTokens\n", ""),
    ],
    http.test_routes_demand_tokens_of_an_issuer_that_is_given: [
        (ROUTE, "AuthorizationType: AWS_IAM"),
        ('[!Sub "${JwtScopePrefix}inactivate"]', '[!Sub "${JwtScopePrefix}describe"]'),
        ("Audience: [!Ref JwtAudience]", "Audience: []"),
        ("      AuthorizerId: !If [TakesTokens, !Ref JwtAuthorizer, !Ref AWS::NoValue]\n", ""),
        ("[$request.header.Authorization]", "[$request.querystring.token]"),
    ],
    http.test_an_issuer_needs_an_audience: [
        ("Assert: !Not [!Equals [!Ref JwtAudience", "Assert: !Not [!Equals [!Ref JwtIssuer"),
    ],
    http.test_webhooks_alone_pass_without_an_authorizer: [
        (ROUTE, "AuthorizationType: NONE"),
        ("RouteKey: POST /webhooks/inactivate", "RouteKey: ANY /webhooks/inactivate"),
        ("            - TakesWebhooks\n", "            - TakesTokens\n"),
    ],
    http.test_nothing_but_the_routes_is_reachable: [
        ("CodeUri:", "FunctionUrlConfig: { AuthType: NONE }\n      CodeUri:"),
        ("\nOutputs:", "  More: { Type: AWS::Serverless::HttpApi }\n\nOutputs:"),
    ],
    http.test_each_function_is_invoked_from_its_routes_only: [
        ("${Api}/*/*/describe", "${Api}/*"),
        ("${Api}/*/POST/webhooks/status", "${Api}/*"),
        ("FunctionName: !Ref StatusFunction", "FunctionName: other"),
        ("Principal: apigateway.amazonaws.com", 'Principal: "*"'),
    ],
    http.test_requests_are_throttled: [
        ("ThrottlingRateLimit: 10, ", ""),
    ],
}
