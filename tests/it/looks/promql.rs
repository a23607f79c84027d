//! `promql` looks at answers as Prometheus gives them.

use super::{assert_fail, assert_pass, fact, http, look};

async fn serve(status: &'static str, body: &'static str) -> String {
    http::serve(move |head| {
        // The body of the request follows the head in the same piece or the next; it is not read as a request.
        if head.contains("POST /prom/api/v1/query HTTP/1.1") {
            http::answer(status, "content-type: application/json\r\nconnection: close\r\n", body)
        } else {
            http::answer("404 Not Found", "connection: close\r\n", "")
        }
    })
    .await
}

fn lines(address: &str, rest: &str) -> String {
    format!("promql = \"http://{address}/prom\"\nquery = \"sum by (job) (up)\"\n{rest}")
}

#[tokio::test]
async fn a_vector_is_a_value_and_a_list() {
    let body = r#"{"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"job":"api"},"value":[1700000000.1,"3"]},{"metric":{"job":"web"},"value":[1700000000.1,"NaN"]}]}}"#;
    let address = serve("200 OK", body).await;
    let judged = look(&lines(&address, "record.up = \"value\"")).await;
    assert_pass(&judged);
    assert_eq!((fact(&judged, "value"), fact(&judged, "count")), (3.0.into(), 2.into()));
    assert_eq!(judged.outcome.values, [Some(3.0)]);
    assert_eq!(fact(&judged, "values")[1], serde_json::json!({ "labels": { "job": "web" }, "value": null }));
    let expects = |expect: &str| lines(&address, &format!("expect = [\"{expect}\"]"));
    assert_pass(&look(&expects("values.exists(s, s.labels.job == 'api' && s.value >= 3)")).await);
    assert_fail(&look(&expects("value > 5")).await, "value 3 <= 5");
}

#[tokio::test]
async fn scalars_and_nothing_and_errors_are_told_apart() {
    let scalar = serve("200 OK", r#"{"status":"success","data":{"resultType":"scalar","result":[1.5,"42"]}}"#).await;
    assert_eq!(fact(&look(&lines(&scalar, "")).await, "value"), 42.0);
    let nothing = serve("200 OK", r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#).await;
    let judged = look(&lines(&nothing, "record.up = \"value\"")).await;
    assert_pass(&judged);
    assert_eq!(
        (fact(&judged, "count"), judged.outcome.values.as_slice()),
        (0.into(), &[None][..]),
        "a gap, not a zero"
    );
    let wrong = serve("400 Bad Request", r#"{"status":"error","errorType":"bad_data","error":"parse error: x"}"#).await;
    assert_fail(&look(&lines(&wrong, "")).await, "the query failed: parse error: x");
    let page = serve("200 OK", "<html>").await;
    assert_fail(&look(&lines(&page, "")).await, "not that of Prometheus");
}
