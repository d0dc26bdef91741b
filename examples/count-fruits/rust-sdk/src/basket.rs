//! Parsing: counts are added up as they come, so nothing is allocated.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

/// The largest count, and the largest sum: up to here every JSON implementation can tell whole numbers apart.
const COUNT_MAX: u64 = (1 << 53) - 1;

/// The sums of the counts in `{"fruits": {"apples": 24, ...}, "vegetables": {...}, "meat": {...}}`; `None` for a category
/// that is missing.
#[derive(Default)]
pub(crate) struct Basket {
    pub(crate) fruits: Option<u64>,
    pub(crate) vegetables: Option<u64>,
    pub(crate) meat: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Category {
    Fruits,
    Vegetables,
    Meat,
}

// By hand, because a derived struct would be read from an array as well.
impl<'de> Deserialize<'de> for Basket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(BasketVisitor)
    }
}

struct BasketVisitor;

impl<'de> Visitor<'de> for BasketVisitor {
    type Value = Basket;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of categories")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut categories: A) -> Result<Basket, A::Error> {
        let mut basket = Basket::default();
        while let Some((category, Sum(sum))) = categories.next_entry()? {
            let slot = match category {
                Category::Fruits => &mut basket.fruits,
                Category::Vegetables => &mut basket.vegetables,
                Category::Meat => &mut basket.meat,
            };
            if slot.replace(sum).is_some() {
                return Err(A::Error::custom("a category is there twice"));
            }
        }
        Ok(basket)
    }
}

/// The sum of the counts of one category.
struct Sum(u64);

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SumVisitor)
    }
}

struct SumVisitor;

impl<'de> Visitor<'de> for SumVisitor {
    type Value = Sum;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names and counts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut counts: A) -> Result<Sum, A::Error> {
        let mut sum: u64 = 0;
        while let Some((IgnoredAny, count)) = counts.next_entry::<_, u64>()? {
            if count > COUNT_MAX - sum {
                return Err(A::Error::custom("the counts add up to more than 2^53 - 1"));
            }
            sum += count;
        }
        Ok(Sum(sum))
    }
}
