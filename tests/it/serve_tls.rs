//! The endpoints over TLS, asked by a look of ours, and what is said of certificates that can't be used.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Stdio};

use quarterdeck::domain::judge::Judged;

use crate::{
    looks::{Authority, Identity, assert_fail, assert_pass, fact, look_with},
    serve::{Post, TOKEN},
    support::{http::ask, run::wait_for},
};

const SERVE: &str =
    "token = \"{{ secret('QUARTERDECK_TEST_TOKEN') }}\"\ntls_cert = \"cert.pem\"\ntls_key = \"key.pem\"";

fn put(dir: &Path, identity: &Identity) {
    fs::write(dir.join("cert.pem"), &identity.pem).unwrap();
    key(dir, &identity.key_pem, 0o600);
}

fn key(dir: &Path, text: &str, mode: u32) {
    let path = dir.join("key.pem");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A look at one endpoint that trusts this authority.
fn look(post: &Post, path: &str, authority: &Authority, token: &str) -> Judged {
    let lines = format!(
        "http = \"https://{}{path}\"\nca = \"{{{{ secret('CA') }}}}\"\nauth = {{ bearer = \"{{{{ secret('TOKEN') }}}}\" }}\n\
         expect = [\"status == 200\"]",
        post.address
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(look_with(&lines, &[("CA", &authority.pem), ("TOKEN", token)]))
}

#[test]
fn a_token_over_tls_opens_and_a_renewed_certificate_is_taken_up() {
    let (mut post, authority) = (Post::new(SERVE), Authority::new());
    put(post.dir.path(), &authority.issue(&["127.0.0.1"], -1, 30));
    post.start(&["watch"]);
    let passes = |authority: &Authority| look(&post, "/health/live", authority, TOKEN);
    wait_for("an answer", || Some(passes(&authority)).filter(|judged| judged.outcome.error.is_none()));
    assert_pass(&passes(&authority));
    let days = fact(&passes(&authority), "tls_days_left").as_f64().unwrap();
    assert!((28.0..31.0).contains(&days), "{days}");
    assert_fail(&look(&post, "/api/status", &authority, "a-token-that-somebody-guessed"), "status == 200");
    let other = Authority::named("Another");
    assert_fail(&passes(&other), "unknown issuer");
    assert!(ask(&post.address, "GET", "/health/live", &[]).is_none(), "nothing is said in plain");

    put(post.dir.path(), &other.issue(&["127.0.0.1"], -1, 90));
    wait_for("the new certificate", || Some(passes(&other)).filter(|judged| judged.outcome.error.is_none()));
    // One that can't be used is told in the log; what was served before is not served with half of it.
    key(post.dir.path(), "nonsense", 0o600);
    wait_for("nothing is served", || Some(passes(&other)).filter(|judged| judged.outcome.error.is_some()));
    put(post.dir.path(), &other.issue(&["127.0.0.1"], -1, 60));
    wait_for("served again", || Some(passes(&other)).filter(|judged| judged.outcome.error.is_none()));
}

#[test]
fn a_certificate_that_can_not_be_used_is_told_with_its_file_and_why() {
    let (authority, post) = (Authority::new(), Post::new(SERVE));
    let dir = post.dir.path();
    let refused = |words: &[&str]| {
        let output = post.command(&["serve"]).stderr(Stdio::piped()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        for word in words {
            assert!(told.contains(word), "{word:?} is not in {told}");
        }
    };
    refused(&["certificate under [serve]", "cert.pem: No such file"]);
    let (one, two) = (authority.issue(&["127.0.0.1"], -1, 30), authority.issue(&["127.0.0.1"], -1, 30));
    fs::write(dir.join("cert.pem"), &one.pem).unwrap();
    refused(&["key.pem: No such file"]);
    key(dir, &one.key_pem, 0o604);
    refused(&["key.pem: anybody may read it; run: chmod 640"]);
    key(dir, "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n", 0o600);
    refused(&["key.pem: "]);
    key(dir, &two.key_pem, 0o600);
    refused(&["can't be used"]);
    fs::write(dir.join("cert.pem"), "no certificate").unwrap();
    refused(&["cert.pem: "]);
}
