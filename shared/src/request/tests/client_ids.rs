//! The client ids of the certificates of an order.

use super::*;

fn order(client_ids: &Value) -> String {
    json!({"certificates": [{"serial_number": "1"}, {"serial_number": "2", "client_ids": client_ids}]})
        .to_string()
}

#[test]
fn an_order_names_one_to_ten_clients_of_a_certificate_exactly() {
    let longest = "é".repeat(256);
    for client_ids in [
        json!(["excavator-7940"]),
        json!(["GID_test@@@test", "$a/b", " ", longest]),
        json!(vec!["a"; 10]),
    ] {
        let request: InactivateRequest = parse(&order(&client_ids)).unwrap();
        let named = request.certificates[1].client_ids.as_ref().unwrap();
        assert_eq!(serde_json::to_value(named).unwrap(), client_ids);
    }
    let absent: InactivateRequest = parse(&order(&Value::Null)).unwrap();
    assert_eq!(absent.certificates[1].client_ids, None);
    for (client_ids, field) in [
        (json!([]), "certificates[1].client_ids"),
        (json!(vec!["a"; 11]), "certificates[1].client_ids"),
        (json!("a"), "certificates[1].client_ids"),
        (json!(["a", ""]), "certificates[1].client_ids[1]"),
        (json!(["a*"]), "certificates[1].client_ids[0]"),
        (json!(["?"]), "certificates[1].client_ids[0]"),
        (json!(["a/+/b"]), "certificates[1].client_ids[0]"),
        (json!(["a#"]), "certificates[1].client_ids[0]"),
        (json!(["a\nb"]), "certificates[1].client_ids[0]"),
        (json!(["é".repeat(257)]), "certificates[1].client_ids[0]"),
        (json!([7]), "certificates[1].client_ids[0]"),
    ] {
        let field_of = field_of::<InactivateRequest>(&order(&client_ids));
        assert_eq!(field_of, field, "{client_ids}");
    }
}

#[test]
fn status_takes_no_client_ids_because_it_reads_no_sessions() {
    let field = field_of::<StatusRequest>(&order(&json!(["a"])));
    assert_eq!(field, "certificates[1].client_ids");
}

#[test]
fn a_reference_with_other_clients_is_not_covered() {
    let reference = |client_ids: Value| {
        let request: InactivateRequest = parse(&order(&client_ids)).unwrap();
        request.certificates[1].clone()
    };
    let with_clients = reference(json!(["a"]));
    assert!(with_clients.covers(&reference(json!(["a"]))));
    for other in [json!(["b"]), json!(["a", "b"]), Value::Null] {
        assert!(!with_clients.covers(&reference(other)));
    }
}
