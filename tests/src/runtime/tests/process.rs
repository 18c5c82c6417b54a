//! The end of the process, its environment and its output.

use std::time::Instant;

use super::*;

#[tokio::test]
async fn a_function_that_dies_gives_its_status_and_log() {
    let mut runtime = runtime("echo last words; exit 3").await;
    let Answer::Exited { status, logs } = runtime.invoke("{}").await else {
        panic!("expected the end")
    };
    assert_eq!((status.code(), logs.as_str()), (Some(3), "last words\n"));
    assert!(!runtime.is_alive());
    assert_eq!(runtime.peak_memory(), None);
    assert!(matches!(runtime.invoke("{}").await, Answer::Exited { .. }));
}

#[tokio::test]
async fn a_function_that_answers_and_dies_has_answered() {
    let mut runtime = runtime("exit").await;
    let address = runtime.api.address();
    runtime.api.offer(Invocation::new("{}"));
    take_and_post(&address, "response", "1").await;
    runtime.process.ended().await.unwrap();
    assert!(matches!(runtime.report().await, Report::Taken));
    assert!(
        matches!(runtime.report().await, Report::Answer(Answer::Response(body)) if body == b"1")
    );
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_killed_at_its_deadline() {
    let mut runtime = runtime("echo busy; exec sleep 60").await;
    let address = runtime.api.address();
    let mut invocation = Invocation::new("{}");
    invocation.deadline = Deadline::In(Duration::from_millis(300));
    let start = Instant::now();
    let (answer, _) = tokio::join!(runtime.invoke_with(invocation), next(&address));
    let Answer::TimedOut { limit, logs } = answer else {
        panic!("expected the time limit")
    };
    assert_eq!(
        (limit, logs.as_str()),
        (Duration::from_millis(300), "busy\n")
    );
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(!runtime.is_alive());
}

#[tokio::test]
async fn a_function_that_never_asks_for_an_event_is_killed() {
    let mut runtime = runtime(SLEEP).await;
    runtime.start_limit = Duration::from_millis(100);
    assert!(matches!(
        runtime.invoke("{}").await,
        Answer::TimedOut { .. }
    ));
    assert!(!runtime.is_alive());
}

#[tokio::test]
async fn the_environment_is_that_of_lambda_and_the_test_and_nothing_else() {
    let mut runtime = runtime("env; exit").await;
    let Answer::Exited { logs, .. } = runtime.invoke("{}").await else {
        panic!("expected the end")
    };
    for line in [
        "OWN=own",
        "AWS_REGION=us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME=describe",
    ] {
        assert!(logs.lines().any(|found| found == line), "{line} is missing");
    }
    assert!(logs.contains(&format!(
        "AWS_LAMBDA_RUNTIME_API={}\n",
        runtime.api.address()
    )));
    assert!(!logs.contains("CARGO"));
}

#[tokio::test]
#[ignore = "it ends the run of the tests, as the next test sees"]
async fn a_log_with_a_secret() {
    let mut runtime = runtime("env; exit").await;
    runtime.process.search_log_for_leaks("describe", &[]);
    runtime.invoke("{}").await;
}

#[test]
fn a_secret_in_any_log_ends_the_run_of_the_tests() {
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "runtime::tests::process::a_log_with_a_secret",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the log of describe gives away AWS_") && !said.contains("AQoDYXdzEPT"),
        "{said}"
    );
}

#[tokio::test]
async fn the_log_is_both_streams_and_stdout_parses_line_by_line() {
    let mut runtime =
        runtime(r#"echo '{"level":"INFO"}'; echo '{"level":"WARN"}'; echo oops >&2; exit"#).await;
    runtime.invoke("{}").await;
    assert_eq!(
        runtime.logs(),
        "{\"level\":\"INFO\"}\n{\"level\":\"WARN\"}\noops\n"
    );
    assert_eq!(
        runtime.json_logs(),
        [json!({ "level": "INFO" }), json!({ "level": "WARN" })]
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_running_function_has_a_peak_memory_and_ends_with_its_runtime() {
    let runtime = runtime(SLEEP).await;
    // A process that has only just begun holds next to nothing.
    eventually("a believable peak memory", || {
        let memory = runtime.peak_memory().unwrap();
        (100_000..100_000_000).contains(&memory)
    })
    .await;

    let status = format!("/proc/{}/status", runtime.pid());
    drop(runtime);
    eventually("the end of the function", || {
        std::fs::read_to_string(&status).map_or(true, |status| status.contains("State:\tZ"))
    })
    .await;
}

#[cfg(target_os = "linux")]
async fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..100 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain for {what}");
}
