//! TLS, with the options of redis-cli.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How a server is made sure of, and who is shown to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The authorities that are trusted; those of the system when absent.
    pub cacert: Option<PathBuf>,
    /// Certificate and key of this side.
    pub login: Option<(PathBuf, PathBuf)>,
    /// The name the server is to have, rather than that of its host.
    pub sni: Option<String>,
    /// Trusts whoever answers.
    pub is_insecure: bool,
}

impl Tls {
    /// Begins TLS on a connection to that host. Files are read each time: certificates are renewed while a dashboard runs.
    pub async fn over(&self, stream: TcpStream, host: &str) -> io::Result<TlsStream<TcpStream>> {
        let name = self.sni.as_deref().unwrap_or(host);
        let server = ServerName::try_from(name.to_owned());
        let server = server.map_err(|_| invalid(format!("TLS: {name:?} is no name of a server")))?;
        let connector = TlsConnector::from(Arc::new(self.config()?));
        connector
            .connect(server, stream)
            .await
            .map_err(|error| io::Error::new(error.kind(), format!("TLS: {}", reason(&error))))
    }

    fn config(&self) -> io::Result<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(invalid)?;
        let builder = if self.is_insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(TrustAnybody(provider)))
        } else {
            builder.with_root_certificates(self.roots()?)
        };
        match &self.login {
            None => Ok(builder.with_no_client_auth()),
            Some((cert, key)) => {
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| in_file(key, error))?;
                builder.with_client_auth_cert(certificates(cert)?, key).map_err(|error| in_file(cert, error))
            }
        }
    }

    fn roots(&self) -> io::Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        match &self.cacert {
            Some(path) => {
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| in_file(path, error))?;
                }
            }
            None => {
                // The system's own list may hold a few that nobody can read; the others will do.
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if roots.is_empty() {
                    return Err(invalid("TLS: this system trusts no authority; --cacert names one"));
                }
            }
        }
        Ok(roots)
    }
}

/// Why a server is not believed. Who trusts a certificate that signed itself learns what to do instead: an authority's own is not
/// taken for a server's, whatever other clients do.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    if text.contains("CaUsedAsEndEntity") {
        "the certificate is an authority's own: let it sign one for the server, or use --insecure".to_owned()
    } else {
        text
    }
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| in_file(path, error))?;
    if certificates.is_empty() { Err(in_file(path, "there is no certificate in it")) } else { Ok(certificates) }
}

fn in_file(path: &Path, error: impl std::fmt::Display) -> io::Error {
    invalid(format!("{}: {error}", path.display()))
}

fn invalid(error: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error.to_string())
}

/// Believes any certificate, but not that somebody else holds its key.
#[derive(Debug)]
struct TrustAnybody(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
