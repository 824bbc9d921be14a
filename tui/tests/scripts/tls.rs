//! TLS, against a real server with certificates made here.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::{Real, TLS_PORT, skipped};
use crate::{complaint, ok};

/// Runs openssl in a folder; whether that went well.
fn openssl(folder: &Path, args: &str) -> bool {
    let mut command = Command::new("openssl");
    command.args(args.split(' ')).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// An authority, and a certificate of it for `localhost`.
fn certificates(folder: &Path) -> bool {
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=authority -keyout ca.key -out ca.crt")
        && openssl(folder, "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr")
        && openssl(
            folder,
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 1 -extfile names -out server.crt",
        )
}

/// With a certificate of this side's own.
fn once<'a>(args: &[&'a str], login: &[&'a str]) -> Vec<&'a str> {
    [args, login, &["--format", "json"]].concat()
}

#[test]
fn a_server_is_made_sure_of() {
    let folder = tempfile::tempdir().unwrap();
    if !certificates(folder.path()) {
        skipped("openssl");
        return;
    }
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (ca, cert, key) = (path("ca.crt"), path("server.crt"), path("server.key"));
    let args = ["--tls-port", TLS_PORT, "--tls-ca-cert-file", &ca, "--tls-cert-file", &cert, "--tls-key-file", &key];
    let Some(server) = Real::redis(&args) else { return };
    let tls_port = server.tls_port.to_string();
    let (here, there) = (format!("rediss://localhost:{tls_port}"), format!("rediss://127.0.0.1:{tls_port}"));
    let login = ["--cert", &cert, "--key", &key];

    assert!(ok(&once(&[&here, "--cacert", &ca], &login)).contains("\"view\":\"overview\""));
    ok(&once(&["-h", "localhost", "-p", &tls_port, "--tls", "--cacert", &ca], &login));
    ok(&once(&[&there, "--cacert", &ca, "--sni", "localhost"], &login));
    ok(&once(&[&there, "--insecure"], &login));
    for (args, part) in [
        (&[here.as_str()][..], "TLS: "),
        (&[there.as_str(), "--cacert", &ca], "TLS: "),
        (&[here.as_str(), "--cacert", &path("server.key")], "server.key"),
        (&[here.as_str(), "--cacert", "/nonexistent"], "/nonexistent"),
    ] {
        let error = complaint(&once(args, &login), 1);
        assert!(error.contains(part), "{error}");
    }
    let own =
        ["--tls-port", TLS_PORT, "--tls-ca-cert-file", &ca, "--tls-cert-file", &ca, "--tls-key-file", &path("ca.key")];
    let Some(authority) = Real::redis(&own) else { return };
    let error = complaint(&once(&[&format!("rediss://localhost:{}", authority.tls_port), "--cacert", &ca], &login), 1);
    assert!(error.contains("let it sign one for the server, or use --insecure"), "{error}");
    // The server wants to see a certificate.
    complaint(&[&here, "--cacert", &ca, "--format", "json"], 1);
}
