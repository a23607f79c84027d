//! What expressions evaluate to, lent from the scope wherever possible.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::Value;

/// A value: numbers are finite doubles; lists, maps and null stay JSON and stay lent.
#[derive(Debug, Clone)]
pub(super) enum Known<'a> {
    /// A truth value.
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// Null, a list or a map.
    Json(Cow<'a, Value>),
}

impl<'a> Known<'a> {
    /// From lent JSON.
    pub(super) fn lent(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => return number.as_f64().and_then(Self::finite),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Json(Cow::Borrowed(value)),
        })
    }

    /// From owned JSON.
    pub(super) fn owned(value: Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => return number.as_f64().and_then(Self::finite),
            Value::String(text) => Self::Text(Cow::Owned(text)),
            Value::Null | Value::Array(_) | Value::Object(_) => Self::Json(Cow::Owned(value)),
        })
    }

    /// From either.
    pub(super) fn from_cow(value: Cow<'a, Value>) -> Option<Self> {
        match value {
            Cow::Borrowed(value) => Self::lent(value),
            Cow::Owned(value) => Self::owned(value),
        }
    }

    /// A number, unless it is infinite or not a number.
    pub(super) fn finite(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self::Number(number))
    }

    pub(super) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Whether this is null.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Json(value) if value.is_null())
    }

    /// The list, if this is one.
    pub(super) fn list(&self) -> Option<&[Value]> {
        match self {
            Self::Json(value) => value.as_array().map(Vec::as_slice),
            _ => None,
        }
    }

    /// The field of a map; `None` if there is none or this is not a map.
    pub(super) fn field(self, name: &str) -> Option<Self> {
        match self {
            Self::Json(Cow::Borrowed(value)) => Self::lent(value.get(name)?),
            Self::Json(Cow::Owned(mut value)) => Self::owned(value.get_mut(name)?.take()),
            _ => None,
        }
    }

    /// The item of a list.
    pub(super) fn item(self, index: usize) -> Option<Self> {
        match self {
            Self::Json(Cow::Borrowed(value)) => Self::lent(value.get(index)?),
            Self::Json(Cow::Owned(mut value)) => Self::owned(value.get_mut(index)?.take()),
            _ => None,
        }
    }

    /// As JSON.
    pub(super) fn into_json(self) -> Option<Value> {
        Some(match self {
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(serde_json::Number::from_f64(number)?),
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Json(value) => value.into_owned(),
        })
    }

    /// Whether two values are equal; `None` if they are of different kinds. Anything may be compared with null.
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => Some(a.partial_cmp(b) == Some(Ordering::Equal)),
            (Self::Text(a), Self::Text(b)) => Some(a == b),
            (Self::Bool(a), Self::Bool(b)) => Some(a == b),
            (a, b) if a.is_null() || b.is_null() => Some(a.is_null() && b.is_null()),
            (Self::Json(a), Self::Json(b)) if a.is_array() == b.is_array() => Some(same(a, b)),
            _ => None,
        }
    }

    /// How two values are ordered; `None` if they are of different kinds, or of a kind without an order.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// Equality of documents in which 1 and 1.0 are the same.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => left == right,
    }
}
