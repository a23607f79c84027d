//! Small numbers in few bytes: what the packed columns are made of.

/// Appends an unsigned number, 7 bits a byte.
pub(super) fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Appends a signed number; small ones of either sign are short.
pub(super) fn put_signed(bytes: &mut Vec<u8>, value: i64) {
    put(bytes, ((value << 1) ^ (value >> 63)) as u64);
}

/// Appends a number that may be absent: whole numbers and those an `f32` holds exactly take less room.
#[expect(clippy::float_cmp, reason = "exactly equal is what is asked")]
pub(super) fn put_number(bytes: &mut Vec<u8>, value: Option<f64>) {
    match value {
        None => bytes.push(0),
        Some(value) if value == value.trunc() && value.abs() < 1e15 && !(value == 0.0 && value.is_sign_negative()) => {
            bytes.push(1);
            put_signed(bytes, value as i64);
        }
        Some(value) if f64::from(value as f32) == value => {
            bytes.push(2);
            bytes.extend_from_slice(&(value as f32).to_le_bytes());
        }
        Some(value) => {
            bytes.push(3);
            bytes.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// Reads what the functions above wrote; `None` once the bytes end too early.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unpack<'a>(pub(super) &'a [u8]);

impl<'a> Unpack<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// The outer `None` means damage, the inner one an absent number.
    #[expect(clippy::option_option, reason = "damage and absence are different things")]
    pub(super) fn maybe(&mut self) -> Option<Option<f64>> {
        Some(match self.byte()? {
            0 => None,
            1 => Some(self.signed()? as f64),
            2 => Some(f64::from(f32::from_le_bytes(self.bytes(4)?.try_into().ok()?))),
            3 => Some(f64::from_le_bytes(self.bytes(8)?.try_into().ok()?)),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(a: u64, b: i64, c: Option<f64>) {
            let c = c.filter(|value| !value.is_nan());
            let mut bytes = Vec::new();
            put(&mut bytes, a);
            put_signed(&mut bytes, b);
            put_number(&mut bytes, c);
            let mut read = Unpack(&bytes);
            prop_assert_eq!(read.number(), Some(a));
            prop_assert_eq!(read.signed(), Some(b));
            prop_assert_eq!(read.maybe(), Some(c));
            prop_assert!(read.is_empty());
        }
    }
}
