//! Any HTTP endpoint: the notice as JSON or in a template's form, signed if there is a key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    domain::{
        channel,
        template::{Rendered, Unresolved},
    },
    notify::speak::{Parcel, Request, Speak},
};

/// One endpoint.
pub struct Webhook {
    url: String,
    method: &'static str,
    headers: Vec<(String, String)>,
    sign: Option<String>,
}

impl Webhook {
    pub fn new(
        webhook: &channel::Webhook,
        resolve: &dyn Fn(&Rendered) -> Result<String, Unresolved>,
    ) -> Result<Self, Unresolved> {
        let headers = webhook.headers.iter().map(|(name, value)| Ok((name.clone(), resolve(value)?)));
        Ok(Self {
            url: resolve(&webhook.url)?,
            method: match webhook.method.as_str() {
                "PUT" => "PUT",
                "PATCH" => "PATCH",
                _ => "POST",
            },
            headers: headers.collect::<Result<_, Unresolved>>()?,
            sign: webhook.sign.as_ref().map(resolve).transpose()?,
        })
    }
}

impl Speak for Webhook {
    fn request(&self, parcel: &Parcel) -> Request {
        let body = parcel.document.clone();
        let seconds = (parcel.now.0 / 1000).to_string();
        let own = [
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-quarterdeck-id".to_owned(), parcel.id.to_string()),
            ("x-quarterdeck-timestamp".to_owned(), seconds.clone()),
        ];
        let signed = self
            .sign
            .as_ref()
            .map(|key| ("x-quarterdeck-signature".to_owned(), format!("sha256={}", signature(key, &seconds, &body))));
        // Headers of the configuration stand last: they replace ours, but for the signature.
        let headers = own.into_iter().chain(self.headers.clone()).chain(signed).collect();
        Request { method: self.method, url: self.url.clone(), headers, body }
    }
}

/// HMAC-SHA256 of `seconds.body`, in hexadecimal.
fn signature(key: &str, seconds: &str, body: &str) -> String {
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::alert::Reason, notify::kind::fixture::parcel};

    #[test]
    fn a_request_carries_its_number_its_time_and_its_signature() {
        let webhook = Webhook {
            url: "https://hooks.example/x".into(),
            method: "PUT",
            headers: vec![("content-type".into(), "text/plain".into())],
            sign: Some("key".into()),
        };
        let request = webhook.request(&parcel(Reason::First));
        let header = |name: &str| request.headers.iter().rfind(|(one, _)| one == name).map(|(_, value)| value.as_str());
        assert_eq!(
            (request.method, header("x-quarterdeck-id"), header("content-type")),
            ("PUT", Some("7"), Some("text/plain"))
        );
        assert_eq!(header("x-quarterdeck-timestamp"), Some("1700000000"));
        // printf '1700000000.{"id":7}' | openssl dgst -sha256 -hmac key
        let expected = "sha256=13bf272791a6ed9ce2c07cf652b915975c8224d0f008415dafe5df73111049ad";
        assert_eq!(header("x-quarterdeck-signature"), Some(expected));
    }
}
