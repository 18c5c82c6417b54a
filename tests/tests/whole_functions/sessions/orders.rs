//! The outcomes of the sessions that an order is to end.

use simulator::{ClientIdMatch, CloseConnection, Reconnects};

use super::*;
use crate::cells::{actions, inactivation, words};

#[tokio::test]
async fn a_device_is_cut_off_and_its_neighbour_stays_connected() {
    for broker in BROKERS {
        let (simulator, mut function) = world(&[]).await;
        assert!(is_connected(&simulator, broker));
        let answer = function.invoke(order(broker, &json!({}))).await.json();
        let result = &answer["results"][0];
        assert_eq!(
            result["sessions"],
            json!({ "known": true, "clients": [{
                "client_id": stolen_client(), "was_connected": true, "outcome": "ended", "verified": true, "error": null
            }]}),
            "{answer}"
        );
        assert_eq!(
            (&result["cut_off"], &result["error"]),
            (&json!(true), &Value::Null)
        );
        assert!(!is_connected(&simulator, broker), "{broker:?}");
        assert!(simulator.is_connected(broker.vendor, broker.place(), &neighbour()));
        let names = inactivation(broker.vendor);
        // The things are listed beside the write.
        let mut in_series = actions(&simulator);
        in_series.retain(|action| action != "ListPrincipalThings");
        assert_eq!(
            in_series,
            [
                names.read,
                names.write,
                names.read,
                broker.look,
                broker.end,
                broker.look,
                broker.look
            ]
        );
        simulator.reset_numbers();
        let again = function.invoke(order(broker, &json!({}))).await.json();
        assert_eq!(
            in_short(&again),
            json!(["already_inactive", "not_connected", true, true])
        );
        assert_eq!(session_calls(&simulator, broker), "l");
    }
}

#[tokio::test]
async fn only_exactly_this_client_is_disconnected_however_the_vendor_matches() {
    for client_id_match in [
        ClientIdMatch::Prefix,
        ClientIdMatch::Substring,
        ClientIdMatch::Exact,
    ] {
        let broker = BROKERS[0];
        let options = Options {
            client_id_match,
            ..options(fleet())
        };
        let (simulator, mut function) = world_with(options, &[]).await;
        let answer = function.invoke(order(broker, &json!({}))).await.json();
        assert_eq!(
            in_short(&answer),
            json!(["inactivated", "ended", true, true])
        );
        assert!(simulator.is_connected(broker.vendor, broker.place(), &neighbour()));
        let kicked: Vec<Value> = simulator
            .calls()
            .into_iter()
            .filter(|call| call.action == broker.end)
            .map(|call| call.parameters["ClientId"].clone())
            .collect();
        assert_eq!(kicked, [json!(stolen_client())]);
    }
}

#[tokio::test]
async fn a_dry_run_and_an_order_without_sessions_end_none() {
    for broker in BROKERS {
        let (simulator, mut function) = world(&[]).await;
        let dry_run = order(broker, &json!({ "dry_run": true }));
        let answer = function.invoke(dry_run).await.json();
        assert_eq!(
            in_short(&answer),
            json!(["would_inactivate", "would_end", false, false])
        );
        let without = order(broker, &json!({ "end_sessions": false }));
        let answer = function.invoke(without).await.json();
        let result = &answer["results"][0];
        assert_eq!(
            (&result["outcome"], &result["sessions"], &result["cut_off"]),
            (&json!("inactivated"), &Value::Null, &Value::Null),
            "{answer}"
        );
        assert!(is_connected(&simulator, broker));
        assert_eq!(
            session_calls(&simulator, broker),
            "l",
            "only the dry run looked"
        );
    }
}

#[tokio::test]
async fn a_function_may_end_sessions_unless_the_order_says_otherwise() {
    for (own, ends) in [(json!({}), true), (json!({ "end_sessions": false }), false)] {
        let broker = BROKERS[0];
        let (simulator, mut function) = world(&[("END_SESSIONS", "yes")]).await;
        let mut order = order(broker, &json!({}));
        order.as_object_mut().unwrap().remove("end_sessions");
        function.invoke(with(order, &own)).await.json();
        assert_eq!(is_connected(&simulator, broker), !ends);
    }
}

#[tokio::test]
async fn the_client_of_another_certificate_refuses_the_order_before_any_write() {
    for broker in [BROKERS[0], BROKERS[2]] {
        for end_sessions in [true, false] {
            let (simulator, mut function) = world(&[]).await;
            let before = words(&simulator, broker.vendor);
            let reference = own_reference(broker.vendor, &stolen());
            let reference = with(reference, &json!({ "client_ids": [neighbour()] }));
            let own = json!({ "certificates": [reference], "end_sessions": end_sessions });
            let answer = function.invoke(order(broker, &own)).await.json();
            let result = &answer["results"][0];
            assert_eq!(
                (&result["outcome"], &result["error"]["field"]),
                (&json!("refused"), &json!("client_ids")),
                "{answer}"
            );
            assert_eq!(words(&simulator, broker.vendor), before);
            assert_eq!(session_calls(&simulator, broker), "");
            assert!(is_connected(&simulator, broker));
        }
    }
}

#[tokio::test]
async fn a_session_without_a_known_client_is_not_known() {
    let broker = BROKERS[1];
    let (simulator, mut function) = world(&[]).await;
    let own = json!({ "certificates": [own_reference(broker.vendor, &stolen())] });
    let answer = function.invoke(order(broker, &own)).await.json();
    let result = &answer["results"][0];
    assert_eq!(
        json!([
            result["outcome"],
            result["sessions"],
            result["cut_off"],
            result["error"]
        ]),
        json!(["inactivated", { "known": false, "clients": [] }, null, null])
    );
    assert_eq!(session_calls(&simulator, broker), "");
}

#[tokio::test]
async fn reads_that_lag_behind_do_not_double_a_disconnection() {
    for broker in BROKERS {
        let options = Options {
            sessions_lag: Duration::from_millis(500),
            ..options(fleet())
        };
        let (simulator, mut function) = world_with(options, &[]).await;
        let answer = function.invoke(order(broker, &json!({}))).await.json();
        assert_eq!(
            in_short(&answer),
            json!(["inactivated", "ended", true, true])
        );
        assert_eq!(session_calls(&simulator, broker).matches('e').count(), 1);
    }
}

#[tokio::test]
async fn a_client_that_comes_back_as_fast_as_it_is_disconnected_is_not_cut_off() {
    for broker in BROKERS {
        let (simulator, mut function) = world(&[]).await;
        let stubborn = Client {
            reconnects: Reconnects::Always,
            ..broker.client(&stolen_client(), &stolen())
        };
        simulator.add_client(broker.vendor, broker.place(), stubborn);
        let answer = function.invoke(order(broker, &json!({}))).await.json();
        assert_eq!(
            in_short(&answer),
            json!(["inactivated", "failed", false, false])
        );
        assert_eq!(answer["results"][0]["error"]["retryable"], true);
        assert!(is_connected(&simulator, broker));
        assert_eq!(
            session_calls(&simulator, broker).matches('e').count(),
            3,
            "a bounded number of tries"
        );
    }
}

#[tokio::test]
async fn an_answer_of_alibaba_that_is_no_success_ends_nothing() {
    let broker = BROKERS[1];
    for (close_connection, retryable, ends) in [
        (CloseConnection::NotSupported, false, 1),
        (CloseConnection::Unsuccessful, true, 3),
        (CloseConnection::CodeOf500, true, 3),
    ] {
        let options = Options {
            close_connection,
            ..options(fleet())
        };
        let (simulator, mut function) = world_with(options, &[]).await;
        let answer = function.invoke(order(broker, &json!({}))).await.json();
        assert_eq!(
            in_short(&answer),
            json!(["inactivated", "failed", false, false]),
            "{answer}"
        );
        let error = &answer["results"][0]["error"];
        assert_eq!(error["retryable"], retryable, "{answer}");
        let detail = error["detail"].as_str().unwrap();
        let tells_state = detail.contains("the certificate is inactive");
        assert_eq!(tells_state, !retryable, "{detail}");
        assert_eq!(session_calls(&simulator, broker).matches('e').count(), ends);
        assert!(is_connected(&simulator, broker));
    }
}

#[tokio::test]
async fn each_disconnection_is_audited_before_and_after() {
    for broker in BROKERS {
        let (simulator, mut function) = world(&[]).await;
        let stubborn = Client {
            reconnects: Reconnects::Always,
            ..broker.client(&stolen_client(), &stolen())
        };
        simulator.add_client(broker.vendor, broker.place(), stubborn);
        let order = order(broker, &json!({ "reason": "stolen" }));
        let answer = function.invoke(order.clone()).await.json();
        let lines: Vec<Value> = function
            .json_logs()
            .into_iter()
            .filter(|line| line["client_id"].is_string())
            .collect();
        let messages: Vec<&str> = lines
            .iter()
            .map(|line| line["message"].as_str().unwrap())
            .collect();
        let pair = ["ending a session", "tried to end a session"];
        assert_eq!(messages, [pair, pair, pair].concat());
        for line in &lines {
            assert_eq!(
                json!([
                    line["client_id"],
                    line["order_id"],
                    line["provider"],
                    line["region"],
                    line["instance_id"],
                    line["reason"],
                    line["serial_number"]
                ]),
                json!([
                    stolen_client(),
                    answer["order_id"],
                    answer["provider"],
                    answer["region"],
                    answer["instance_id"],
                    "stolen",
                    stolen().serial
                ]),
                "{line}"
            );
        }
        assert_eq!(lines[0]["result"], Value::Null);
        assert_eq!(lines[1]["result"]["outcome"], "failed");
        assert!(lines[1]["provider_request_id"].is_string());
    }
}

#[tokio::test]
async fn sessions_are_metrics_by_their_outcomes() {
    let broker = BROKERS[0];
    let (_simulator, mut function) = world(&[]).await;
    for (own, expected) in [
        (json!({ "dry_run": true }), json!(["would_end"])),
        (json!({}), json!(["ended"])),
        (json!({}), json!(["not_connected"])),
        (json!({ "end_sessions": false }), Value::Null),
    ] {
        function.invoke(order(broker, &own)).await.json();
        let line = function
            .json_logs()
            .into_iter()
            .rfind(|line| line["message"] == "event")
            .unwrap();
        let counted: Vec<String> = line
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, count)| name.starts_with("sessions_") && **count == json!(1))
            .map(|(name, _)| name.replacen("sessions_", "", 1))
            .collect();
        let is_counted = line["sessions_ended"].is_u64();
        assert_eq!(is_counted, !expected.is_null(), "{line}");
        if is_counted {
            assert_eq!(json!(counted), expected);
        }
    }
}

#[tokio::test]
async fn an_instance_that_checks_no_certificates_is_warned_of_and_one_that_cannot_be_read_is_not() {
    let broker = BROKERS[0];
    for (mode, warned) in [("mTLS", true), ("TLS", true), ("BYOC", false)] {
        let (simulator, mut function) = world(&[]).await;
        simulator.with_fleet(|fleet| {
            let instance = fleet.tencent_mqtt.get_mut(broker.place()).unwrap();
            mode.clone_into(&mut instance.x509_mode);
        });
        for dry_run in [true, false] {
            let own = json!({ "dry_run": dry_run, "end_sessions": false });
            let answer = function.invoke(order(broker, &own)).await.json();
            let warnings = answer["warnings"].as_array().unwrap();
            assert_eq!(warnings.len(), usize::from(warned), "{answer}");
            assert!(
                warnings
                    .iter()
                    .all(|text| text.as_str().unwrap().contains(mode))
            );
        }
        let asked = simulator.count(broker.vendor, "DescribeInstance");
        assert_eq!(asked, 1, "it is kept for a while");
    }
    for fault in [
        simulator::Fault::Internal,
        simulator::Fault::Stall,
        simulator::Fault::code("UnauthorizedOperation", 200),
    ] {
        let (simulator, mut function) = world(&[]).await;
        let rule = simulator::FaultRule::always(fault).on("DescribeInstance");
        simulator.fail(broker.vendor, rule);
        let answer = function.invoke(order(broker, &json!({}))).await.json();
        assert_eq!(
            in_short(&answer),
            json!(["inactivated", "ended", true, true])
        );
        assert_eq!(answer["warnings"], json!([]));
    }
}
