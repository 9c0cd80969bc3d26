//! TLS: one client configuration that verifies certificates, and one that does not for the endpoints whose
//! owners ask for that.

mod in_words;

use std::sync::Arc;

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio_rustls::TlsConnector;

pub(crate) use self::in_words::in_words;
use crate::config::SetupError;

/// The two ways to speak TLS.
pub(crate) struct TlsClients {
    verifying: TlsConnector,
    trusting: TlsConnector,
}

impl TlsClients {
    pub(crate) fn new(extra_roots_pem: Option<&str>) -> Result<Self, SetupError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifying = builder(&provider)?.with_root_certificates(roots(extra_roots_pem)?);
        let anyone = Arc::new(Anyone(Arc::clone(&provider)));
        let trusting = builder(&provider)?.dangerous().with_custom_certificate_verifier(anyone);
        Ok(Self {
            verifying: connector(verifying.with_no_client_auth()),
            trusting: connector(trusting.with_no_client_auth()),
        })
    }

    pub(crate) fn connector(&self, verify: bool) -> &TlsConnector {
        if verify { &self.verifying } else { &self.trusting }
    }
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn builder(provider: &Arc<CryptoProvider>) -> Result<Builder, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::clone(provider)).with_safe_default_protocol_versions()
}

fn connector(mut config: ClientConfig) -> TlsConnector {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

fn roots(extra_pem: Option<&str>) -> Result<RootCertStore, SetupError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let Some(pem) = extra_pem else { return Ok(roots) };
    let public = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| SetupError::Roots(error.to_string()))?;
        roots.add(certificate).map_err(|error| SetupError::Roots(error.to_string()))?;
    }
    if roots.len() == public {
        return Err(SetupError::Roots("there is no certificate in PEM form in them".to_owned()));
    }
    Ok(roots)
}

/// Takes any certificate for any name: what `verify_tls: false` asks for.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
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
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
