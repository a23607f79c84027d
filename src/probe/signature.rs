//! Signatures of callbacks: HMAC-SHA-256, written down in one of the usual ways.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::{
    probe::{Signature, SignatureScheme},
    receipt::Receipt,
};

/// How old a signature with a time may be, in seconds, and how far ahead.
const OLDEST: u64 = 300;

/// Whether the callback was signed with this secret.
pub(super) fn is_right(how: &Signature, secret: &str, receipt: &Receipt) -> bool {
    let found = receipt.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&how.header));
    let Some((_, value)) = found else { return false };
    match how.scheme {
        SignatureScheme::Hex => {
            let value = value.trim();
            let bytes = unhex(value.strip_prefix("sha256=").unwrap_or(value));
            bytes.is_some_and(|bytes| fits(secret, &[&receipt.body], &bytes))
        }
        SignatureScheme::Base64 => {
            BASE64_STANDARD.decode(value.trim()).is_ok_and(|bytes| fits(secret, &[&receipt.body], &bytes))
        }
        SignatureScheme::Stripe => {
            let parts = || value.split(',').filter_map(|part| part.trim().split_once('='));
            let Some((_, time)) = parts().find(|(name, _)| *name == "t") else { return false };
            let Ok(at) = time.parse::<i64>() else { return false };
            let signed = [time.as_bytes(), b".", &receipt.body];
            (receipt.at.0 / 1000).abs_diff(at) <= OLDEST
                && parts()
                    .filter(|(name, _)| *name == "v1")
                    .any(|(_, hex)| unhex(hex).is_some_and(|bytes| fits(secret, &signed, &bytes)))
        }
    }
}

/// Compares in constant time.
fn fits(secret: &str, signed: &[&[u8]], signature: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    for part in signed {
        mac.update(part);
    }
    mac.verify_slice(signature).is_ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.len() == 2)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{template::Rendered, time::UnixMs};

    fn right(scheme: SignatureScheme, value: &str, body: &str, secret: &str) -> bool {
        let how = Signature { header: "X-Signature".into(), secret: Rendered::text(""), scheme };
        let receipt = Receipt {
            at: UnixMs(1_700_000_100_000),
            method: "POST".into(),
            query: String::new(),
            headers: vec![("x-signature".into(), value.into())],
            body: body.into(),
        };
        is_right(&how, secret, &receipt)
    }

    /// `openssl dgst -sha256 -hmac key`
    const HEX: &str = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
    const TEXT: &str = "The quick brown fox jumps over the lazy dog";

    #[test]
    fn a_signature_fits_its_secret_and_its_text_only() {
        use SignatureScheme::{Base64, Hex};
        assert!(right(Hex, HEX, TEXT, "key") && right(Hex, &format!("sha256={HEX}"), TEXT, "key"));
        assert!(right(Base64, "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=", TEXT, "key"));
        assert!(!right(Hex, HEX, TEXT, "other") && !right(Hex, HEX, "The quick", "key"));
        for wrong in ["", "sha256=", &HEX[1..], &HEX[2..], "zz"] {
            assert!(!right(Hex, wrong, TEXT, "key"), "{wrong}");
        }
    }

    #[test]
    fn a_signature_with_a_time_is_good_for_five_minutes() {
        let signed = |time: i64| {
            let mut mac = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
            mac.update(format!("{time}.{TEXT}").as_bytes());
            let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            right(SignatureScheme::Stripe, &format!("t={time},v0=00,v1={hex}"), TEXT, "key")
        };
        assert!(signed(1_700_000_100) && signed(1_700_000_100 - 300));
        assert!(!signed(1_700_000_100 - 301) && !signed(1_700_000_100 + 301));
        assert!(!right(SignatureScheme::Stripe, HEX, TEXT, "key"));
    }
}
