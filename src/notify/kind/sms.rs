//! SMS by Twilio, and what fits into one.

use crate::{
    domain::{
        channel,
        template::{Rendered, Unresolved},
    },
    notify::speak::{Answer, Parcel, Request, Sent, Speak},
};
use base64::{Engine, prelude::BASE64_STANDARD};

/// Letters of GSM 03.38: one septet each. The second line takes two.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_TWO: &str = "^{}\\[~]|€";

/// One account and its recipients.
pub struct Sms {
    url: String,
    account: String,
    token: String,
    from: String,
    to: Vec<String>,
    parts: usize,
}

impl Sms {
    pub fn new(
        sms: &channel::Sms,
        resolve: &dyn Fn(&Rendered) -> Result<String, Unresolved>,
    ) -> Result<Self, Unresolved> {
        let channel::Sms { url, from, to, parts, .. } = sms.clone();
        Ok(Self { url, account: resolve(&sms.account)?, token: resolve(&sms.token)?, from, to, parts })
    }
}

impl Speak for Sms {
    fn request(&self, parcel: &Parcel) -> Request {
        let whole = format!("{}\n{}", parcel.message.title, parcel.message.body);
        let sender = if self.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let to = self.to.get(parcel.recipient).map_or("", String::as_str);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("To", to)
            .append_pair(sender, &self.from)
            .append_pair("Body", &fitting(whole.trim_end(), self.parts))
            .finish();
        let credentials = BASE64_STANDARD.encode(format!("{}:{}", self.account, self.token));
        // The account's number is part of the path: nothing of it may lead to another.
        let account: String = self.account.chars().filter(char::is_ascii_alphanumeric).collect();
        Request {
            method: "POST",
            url: format!("{}/2010-04-01/Accounts/{account}/Messages.json", self.url),
            headers: vec![
                ("content-type".into(), "application/x-www-form-urlencoded".into()),
                ("authorization".into(), format!("Basic {credentials}")),
            ],
            body,
        }
    }

    fn meaning(&self, answer: &Answer) -> Sent {
        let said = answer.json();
        let told = match (said["code"].as_i64(), said["message"].as_str()) {
            (Some(code), Some(message)) => format!("{code} {message}"),
            _ => said["status"].as_str().unwrap_or_default().to_owned(),
        };
        answer.meaning(&told)
    }

    fn recipients(&self) -> usize {
        self.to.len()
    }
}

/// What fits into so many parts: 160 letters in one, 153 in each of several; 70 and 67 where letters need more.
fn fitting(text: &str, parts: usize) -> String {
    let text = typeable(text);
    if cost(&text).0 <= parts {
        return text;
    }
    // Whatever is cut off, the rest is at most as costly as it was: the longest beginning that fits is found by halving.
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let cut = |at: usize| format!("{}...", text[..at].trim_end());
    let fits = ends.partition_point(|at| cost(&cut(*at)).0 <= parts);
    cut(ends[fits.saturating_sub(1)])
}

/// Signs that look the same in the letters of a phone.
fn typeable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '…' | '·' | '•' => '.',
            '–' | '—' | '−' | '\u{a0}' => {
                if c == '\u{a0}' {
                    ' '
                } else {
                    '-'
                }
            }
            '‘' | '’' | '`' => '\'',
            '“' | '”' => '"',
            '→' => '>',
            '\t' => ' ',
            other => other,
        })
        .collect()
}

/// Parts, and units in them.
fn cost(text: &str) -> (usize, usize) {
    let septets: Option<usize> =
        text.chars().map(|c| if GSM.contains(c) { Some(1) } else { GSM_TWO.contains(c).then_some(2) }).sum();
    let (units, one, each) = match septets {
        Some(septets) => (septets, 160, 153),
        None => (text.encode_utf16().count(), 70, 67),
    };
    (if units <= one { 1 } else { units.div_ceil(each) }, units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::alert::Reason,
        notify::kind::fixture::{answer, parcel},
    };

    fn sms() -> Sms {
        Sms {
            url: "https://api.twilio.example".into(),
            account: "AC1".into(),
            token: "t".into(),
            from: "+15017122661".into(),
            to: vec!["+491701111111".into(), "+491702222222".into()],
            parts: 1,
        }
    }

    #[test]
    fn each_recipient_gets_one_of_its_own() {
        let mut parcel = parcel(Reason::First);
        parcel.recipient = 1;
        let request = sms().request(&parcel);
        assert_eq!(request.url, "https://api.twilio.example/2010-04-01/Accounts/AC1/Messages.json");
        let pairs: Vec<_> = url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
        assert_eq!(pairs[0], ("To".into(), "+491702222222".into()));
        assert_eq!(pairs[2], ("Body".into(), "[CRITICAL] High error rate - api\nline one\nline two".into()));
        assert_eq!((sms().recipients(), request.headers[1].1.as_str()), (2, "Basic QUMxOnQ="));
    }

    #[test]
    fn a_message_takes_no_more_parts_than_allowed() {
        let long = "Fehlerrate größer als erlaubt ".repeat(20);
        for (parts, most) in [(1, 160), (2, 306), (3, 459)] {
            let text = fitting(&long, parts);
            assert_eq!(cost(&text).0, parts);
            assert!(text.ends_with("...") && text.len() > most - 40, "{text}");
        }
        assert_eq!(cost("€"), (1, 2));
        assert_eq!(cost(&"é".repeat(160)).0, 1);
        assert_eq!(cost(&"日".repeat(71)).0, 2);
        assert_eq!(fitting("p95 – 2 s…", 1), "p95 - 2 s.");
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_said_fits(text in "(?s)([a-z {]|[é€日𝄞]){0,700}", parts in 1_usize..5) {
            proptest::prop_assert!(cost(&fitting(&text, parts)).0 <= parts);
        }
    }

    #[test]
    fn answers_mean_what_twilio_says() {
        let means = |status, said: &str| sms().meaning(&answer(status, said));
        assert!(
            matches!(means(201, r#"{"sid":"SM1","status":"queued"}"#), Sent::Delivered { answer } if answer.contains("queued"))
        );
        let invalid = r#"{"code":21211,"message":"The 'To' number +1 is not a valid phone number.","more_info":"https://www.twilio.com/docs/errors/21211","status":400}"#;
        assert!(matches!(means(400, invalid), Sent::Refused { why } if why.contains("21211 The 'To' number")));
        assert!(matches!(means(401, r#"{"code":20003,"message":"Authenticate","status":401}"#), Sent::Denied { .. }));
        assert!(matches!(
            means(429, r#"{"code":20429,"message":"Too Many Requests","status":429}"#),
            Sent::Later { .. }
        ));
    }
}
