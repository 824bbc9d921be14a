//! A server's reply as plain data: nothing beyond this module and `source::client` knows how it came over the wire.

/// Numbers of a server are taken for at most this (2^53, up to which every reader of JSON counts exactly): sums of a million of
/// them, and products with a thousand, are numbers still.
pub const NUMBER_MAX: u64 = 1 << 53;

/// Digits as a number that is not negative.
pub fn whole(digits: &str) -> Option<u64> {
    digits.parse().ok().map(|number: u64| number.min(NUMBER_MAX))
}

/// A finite number of any spelling. Counters of bytes are read by it: a busy server's pass 2^53 within months, so they are taken for
/// as much as 64 bits hold.
pub fn finite(text: &str) -> Option<f64> {
    text.parse().ok().and_then(bounded)
}

fn bounded(number: f64) -> Option<f64> {
    let max = u64::MAX as f64;
    number.is_finite().then(|| number.clamp(-max, max))
}

/// A reply. Simple and bulk strings are both `Bytes`; what RESP3 alone has (maps, sets, doubles …) comes as the nearest of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value, of any of the protocol's kinds.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A floating-point number.
    Double(f64),
    /// A string of any bytes: never drawn unless `text` made it harmless.
    Bytes(Vec<u8>),
    /// An error the server answered with.
    Error(String),
    /// An array, a set or a push message.
    Array(Vec<Value>),
    /// A map in the order of the wire.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// The bytes of a string.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A string or a number as text; bytes that are no UTF-8 are replaced.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::Integer(number) => Some(number.to_string()),
            Self::Double(number) => Some(number.to_string()),
            Self::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    /// A number that is not negative, written as an integer or as digits.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => u64::try_from(*number).ok().map(|number| number.min(NUMBER_MAX)),
            Self::Bytes(bytes) => whole(std::str::from_utf8(bytes).ok()?),
            _ => None,
        }
    }

    /// A finite number of any spelling.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => bounded(*number as f64),
            Self::Double(number) => bounded(*number),
            Self::Bytes(bytes) => finite(std::str::from_utf8(bytes).ok()?),
            _ => None,
        }
    }

    /// The items of an array; none for anything else.
    pub fn items(&self) -> &[Value] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// The pairs of a map or of the flat array that RESP2 sends in its place.
    pub fn pairs(&self) -> Vec<(&Value, &Value)> {
        match self {
            Self::Map(pairs) => pairs.iter().map(|(name, value)| (name, value)).collect(),
            Self::Array(items) => items.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect(),
            _ => Vec::new(),
        }
    }

    /// The value of a field of such a map. `O(n)`.
    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(key, _)| key.is(name)).map(|(_, value)| value),
            Self::Array(items) => items.chunks_exact(2).find(|pair| pair[0].is(name)).map(|pair| &pair[1]),
            _ => None,
        }
    }

    /// A field as a number, absent when the server did not tell it.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.field(name)?.as_u64()
    }

    /// A field as text, absent when the server did not tell it.
    pub fn text(&self, name: &str) -> Option<String> {
        self.field(name)?.to_text()
    }

    fn is(&self, name: &str) -> bool {
        self.as_bytes() == Some(name.as_bytes())
    }

    /// The reply, or the error it is.
    pub fn ok(self) -> Result<Self, String> {
        match self {
            Self::Error(error) => Err(error),
            value => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Value {
        Value::Bytes(text.as_bytes().to_vec())
    }

    #[test]
    fn maps_and_flat_arrays_are_read_alike() {
        let map = Value::Map(vec![(bytes("keys"), Value::Integer(3)), (bytes("name"), bytes("a"))]);
        let flat = Value::Array(vec![bytes("keys"), Value::Integer(3), bytes("name"), bytes("a")]);
        for value in [map, flat] {
            assert_eq!(value.number("keys"), Some(3));
            assert_eq!(value.text("name").as_deref(), Some("a"));
            assert_eq!(value.number("absent"), None);
            assert_eq!(value.pairs().len(), 2);
        }
    }

    #[test]
    fn odd_values_are_absent_rather_than_wrong() {
        assert_eq!(Value::Integer(-1).as_u64(), None);
        assert_eq!(bytes("nan").as_f64(), None);
        assert_eq!(bytes("1.5").as_f64(), Some(1.5));
        assert_eq!(Value::Null.field("x"), None);
        assert_eq!(Value::Array(vec![bytes("odd")]).field("odd"), None);
    }

    #[test]
    fn numbers_are_bounded_where_they_enter() {
        for value in [Value::Integer(i64::MAX), bytes("18446744073709551615"), bytes("9007199254740993")] {
            assert_eq!(value.as_u64(), Some(NUMBER_MAX));
        }
        assert_eq!(bytes("-1e308").as_f64(), Some(-(u64::MAX as f64)));
        assert_eq!((bytes("1e400").as_f64(), bytes("99999999999999999999").as_u64()), (None, None));
        assert!(NUMBER_MAX.checked_mul(1_000).is_some());
    }
}
