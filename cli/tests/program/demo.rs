//! `http-step demo`.

use expect_test::expect;

use crate::http_step::http_step;

/// The demo's port, date and measurements, as words.
fn output(format: &str) -> String {
    let mut output = http_step("demo --format").arg(format).run();
    let (_, origin) = output.split_once("A service listens on ").unwrap();
    let (origin, _) = origin.split_once(". The step file").unwrap();
    output = output.replace(&*origin.to_owned(), "ORIGIN");
    // RFC 9110: `Sun, 06 Nov 1994 08:49:37 GMT`.
    while let Some(end) = output.find(" GMT") {
        let start = end - "Sun, 06 Nov 1994 08:49:37".len();
        output.replace_range(start..end + " GMT".len(), "DATE");
    }
    output
}

#[test]
fn as_text() {
    expect![[r#"
        exit code 0
        --- stdout
        Performing POST request to ORIGIN/builds/42
        Request Headers:
        	User-Agent: http-step/0.1.0
        	Accept-Encoding: gzip, deflate, br, zstd
        	Accept: */*
        	X-Token: <HIDDEN>
        	X-Builder: linux
        	Content-Length: 31
        	Content-Type: application/json
        URL: ORIGIN/builds/42
        Status: 200
        Response Headers:
        	content-type: application/json
        	x-session: <HIDDEN>
        	content-length: 121
        	date: DATE
         ------ Content ------
        {
          "received": "POST /builds/42",
          "body": {
            "branch": "main",
            "passed": true
          },
          "token_was_right": true
        }
        --- stderr
        A service listens on ORIGIN. The step file:

        post: ORIGIN/builds/${{ property.buildnumber }}
        headers:
          X-Token: open-sesame
          X-Builder: ${{ property.buildername | default("unknown") }}
        json:
          branch: ${{ property.branch }}
          passed: ${{ property.passed }}
        hide_request_headers: [X-Token]
        hide_response_headers: [X-Session]

        With the properties buildername=linux, buildnumber=42, branch=main, passed=true,
        and a policy that allows ORIGIN and nothing else, its log is:

        Status code: 200
    "#]]
    .assert_eq(&output("text"));
}

#[test]
fn as_ndjson() {
    let output = output("ndjson");
    let (output, _) = output.split_once(r#""ledger""#).unwrap();
    expect![[r#"
        exit code 0
        --- stdout
        {"event":"log","stream":"header","text":"Performing POST request to ORIGIN/builds/42\n"}
        {"event":"log","stream":"header","text":"Request Headers:\n\tUser-Agent: http-step/0.1.0\n\tAccept-Encoding: gzip, deflate, br, zstd\n\tAccept: */*\n\tX-Token: <HIDDEN>\n\tX-Builder: linux\n\tContent-Length: 31\n\tContent-Type: application/json\n"}
        {"event":"log","stream":"stdout","text":"URL: ORIGIN/builds/42\nStatus: 200\n"}
        {"event":"log","stream":"header","text":"Response Headers:\n\tcontent-type: application/json\n\tx-session: <HIDDEN>\n\tcontent-length: 121\n\tdate: DATE\n"}
        {"event":"log","stream":"stdout","text":" ------ Content ------\n"}
        {"event":"log","stream":"content","text":"{\n  \"received\": \"POST /builds/42\",\n  \"body\": {\n    \"branch\": \"main\",\n    \"passed\": true\n  },\n  \"token_was_right\": true\n}\n"}
        {"event":"result","outcome":"success","summary":"Status code: 200","exchanges":[{"request":{"method":"POST","url":"ORIGIN/builds/42","headers":[{"name":"User-Agent","value":"http-step/0.1.0"},{"name":"Accept-Encoding","value":"gzip, deflate, br, zstd"},{"name":"Accept","value":"*/*"},{"name":"X-Token","value":"<HIDDEN>"},{"name":"X-Builder","value":"linux"},{"name":"Content-Length","value":"31"},{"name":"Content-Type","value":"application/json"}],"body":{"size":31,"sha256":"3b79b7c25d31af626ef99094dd37b9efc066f7e4a362e049a0c0c6ac2f896459"}},"response":{"status":200,"headers":[{"name":"content-type","value":"application/json"},{"name":"x-session","value":"<HIDDEN>"},{"name":"content-length","value":"121"},{"name":"date","value":"DATE"}],"body":{"size":121,"sha256":"ecd87195f3004ba12e251a840f2cc93cc8063b6dd89d77c71dc5fba3681226ee"}}}],"checks":[],"outputs":{},"#]].assert_eq(output);
}

#[test]
fn as_json() {
    let json = http_step("demo --format json").run_for_stdout();
    let result: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(result["outcome"], "success");
    assert_eq!(result["exchanges"][0]["response"]["status"], 200);
}
