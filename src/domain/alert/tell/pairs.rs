//! Maps by alert in JSON: a list of pairs, as keys of objects are only text.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::alert::AlertKey;

/// Writes a list of pairs.
pub fn serialize<V: Serialize, S: Serializer>(map: &BTreeMap<AlertKey, V>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.iter())
}

/// Reads what [`serialize`] writes.
pub fn deserialize<'de, V: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<AlertKey, V>, D::Error> {
    Ok(Vec::<(AlertKey, V)>::deserialize(deserializer)?.into_iter().collect())
}
