//! Parameters: what they may be called and hold, and those that an input has of its own, beside those of the run.

use serde::{Deserialize, Serialize};

/// The parameters of one input, which count for it in place of those of the run that have the same names. Sorted by name,
/// each once.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Box<[(Box<str>, Box<str>)]>);

impl Params {
    /// # Errors
    /// If a name is there twice, or a name or a value is none.
    pub fn new(mut params: Vec<(Box<str>, Box<str>)>) -> Result<Self, String> {
        params.sort_unstable();
        for (name, value) in &params {
            check(name, value)?;
        }
        if let Some(twice) = params.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(format!("the parameter {} is there twice", twice[0].0));
        }
        Ok(Self(params.into()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|(other, _)| (**other).cmp(name)).ok()?;
        Some(&self.0[place].1)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// As the ledger has them, a JSON object: equal parameters are equal texts.
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        for (name, value) in self.iter() {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&serde_json::Value::from(name).to_string());
            json.push(':');
            json.push_str(&serde_json::Value::from(value).to_string());
        }
        json.push('}');
        json
    }
}

/// Whether there can be a parameter of this name and value.
///
/// # Errors
/// If there cannot, and why.
pub fn check(name: &str, value: &str) -> Result<(), String> {
    check_name(name)?;
    // Guests may get it as an environment variable, which ends there.
    if value.contains('\0') {
        return Err("a parameter's value has no NUL".to_owned());
    }
    Ok(())
}

/// Whether a parameter can be called so.
///
/// # Errors
/// If it cannot, and why.
pub fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(format!("a parameter's name is made of letters, digits, '_', '.' and '-'; {name:?} is not"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Result<Params, String> {
        Params::new(pairs.iter().map(|&(name, value)| (name.into(), value.into())).collect())
    }

    #[test]
    fn equal_parameters_are_equal_texts_whatever_their_order() {
        let one = params(&[("b", "2\"\n"), ("a", "ä")]).unwrap();
        assert_eq!(one.to_json(), r#"{"a":"ä","b":"2\"\n"}"#);
        assert_eq!(one.to_json(), params(&[("a", "ä"), ("b", "2\"\n")]).unwrap().to_json());
        assert_eq!([one.get("a"), one.get("b"), one.get("c")], [Some("ä"), Some("2\"\n"), None]);
        assert_eq!(Params::default().to_json(), "{}");
    }

    #[test]
    fn what_cannot_be_a_parameter_is_refused() {
        assert!(params(&[("a", "1"), ("a", "1")]).unwrap_err().contains("twice"));
        assert!(params(&[("a b", "1")]).unwrap_err().contains("letters"));
        assert!(params(&[("", "1")]).is_err());
        assert!(params(&[("a", "\0")]).unwrap_err().contains("NUL"));
    }
}
