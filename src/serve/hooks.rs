//! Callbacks of providers that looks wait for: each goes into the history, for whoever waits, and nothing else comes of it.
//!
//! A provider knows no token of ours: what opens is the address itself, whose last part nobody can guess.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, RawQuery, Request, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::domain::{
    receipt::{HookPath, MOST_BYTES, Receipt, Taken},
    text::clean_line,
    time::UnixMs,
};

use super::routes::{Books, Problem};

/// Where they come in.
pub const ROUTE: &str = "/hooks/{token}";
/// Characters of a query and of a header's value at most.
const LONGEST: usize = 4096;
/// Stands for what holds credentials.
const HIDDEN: &str = "⟨hidden⟩";
/// Parts of names of headers that do.
const CREDENTIALS: [&str; 6] = ["authorization", "cookie", "token", "secret", "password", "api-key"];

/// The one endpoint.
pub fn router(books: Arc<Books>) -> Router {
    Router::new().route(ROUTE, get(take).post(take).put(take).patch(take)).with_state(books)
}

async fn take(
    State(books): State<Arc<Books>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    let unknown = || Problem(StatusCode::NOT_FOUND, "there is nothing here".into());
    let path = HookPath::of(&token).ok_or_else(unknown)?;
    // Who guesses costs no write.
    let known = {
        let path = path.clone();
        books.read(move |reader| reader.knows_hook(&path, now())).await?
    };
    if !known {
        return Err(unknown());
    }
    if request.method() == Method::HEAD {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BYTES)
        .await
        .map_err(|_| Problem(StatusCode::PAYLOAD_TOO_LARGE, format!("a callback has at most {MOST_BYTES} bytes")))?;
    let receipt = Receipt {
        at: now(),
        method: head.method.to_string(),
        query: clean_line(&query.unwrap_or_default(), LONGEST),
        headers: headers(&head.headers),
        body: body.to_vec(),
    };
    match books.store.take_receipt(path, receipt).await {
        Ok(Taken::Kept | Taken::Dropped) => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(Taken::Unknown) => Err(unknown()),
        Ok(Taken::Full) => {
            Err(Problem(StatusCode::TOO_MANY_REQUESTS, "more callbacks came than anybody waits for".into()))
        }
        Err(error) => {
            tracing::error!(%error, "a callback could not be written into the history");
            Err(Problem(StatusCode::SERVICE_UNAVAILABLE, "the callback can't be taken now: call again".into()))
        }
    }
}

/// As they are kept: one line each, without credentials.
fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let value = |name: &str, value: &[u8]| {
        let hidden = CREDENTIALS.iter().any(|part| name.contains(part));
        if hidden { HIDDEN.to_owned() } else { clean_line(&String::from_utf8_lossy(value), LONGEST) }
    };
    headers.iter().map(|(name, found)| (name.to_string(), value(name.as_str(), found.as_bytes()))).collect()
}

fn now() -> UnixMs {
    UnixMs::from(chrono::Utc::now())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn credentials_are_not_kept_and_signatures_are() {
        let mut given = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Basic c2VjcmV0"),
            ("x-auth-token", "abc"),
            ("cookie", "a=b"),
            ("stripe-signature", "t=1,v1=ab"),
        ] {
            given.insert(name, HeaderValue::from_static(value));
        }
        let kept: Vec<_> = headers(&given).into_iter().map(|(_, value)| value).collect();
        assert_eq!(kept, [HIDDEN, HIDDEN, HIDDEN, "t=1,v1=ab"]);
    }
}
