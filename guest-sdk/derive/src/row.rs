//! From a struct to its implementation of `sandmill_guest::Row`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Field, Fields, LitStr, Result};

pub(crate) fn expand(input: DeriveInput) -> Result<TokenStream> {
    let fields = named_fields(&input)?;
    let mut names: Vec<LitStr> = Vec::new();
    let mut writes = Vec::new();
    for field in fields {
        let name = column_name(field)?;
        if names.iter().any(|other| other.value() == name.value()) {
            return Err(Error::new(name.span(), format!("the column `{}` is there already", name.value())));
        }
        let ident = &field.ident;
        // With the span of the type, so that a type which is no value is what the compiler points to.
        writes.push(quote_spanned!(field.ty.span()=> fields.push(#name, &self.#ident);));
        names.push(name);
    }

    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::sandmill_guest::Row for #ident #type_generics #where_clause {
            const COLUMNS: ::core::option::Option<&'static [&'static str]> =
                ::core::option::Option::Some(&[#(#names),*]);

            fn write_fields(&self, fields: &mut ::sandmill_guest::Fields<'_>) {
                #(#writes)*
            }
        }
    })
}

fn named_fields(input: &DeriveInput) -> Result<impl Iterator<Item = &Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if !fields.named.is_empty() => Ok(fields.named.iter()),
            _ => Err(Error::new(input.ident.span(), "a row needs named fields: they are its columns")),
        },
        _ => Err(Error::new(input.ident.span(), "only a struct can be a row")),
    }
}

/// The name that `#[row(rename = "...")]` gives, else the field's own.
fn column_name(field: &Field) -> Result<LitStr> {
    let mut renamed = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("row")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("rename") {
                return Err(meta.error("unknown attribute: there is only `rename`"));
            }
            renamed = Some(meta.value()?.parse()?);
            Ok(())
        })?;
    }
    let own_name = || field.ident.as_ref().map(|ident| LitStr::new(&ident.unraw().to_string(), ident.span()));
    renamed.or_else(own_name).ok_or_else(|| Error::new(field.span(), "a column needs a name"))
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::{DeriveInput, expand};

    fn error_of(input: DeriveInput) -> String {
        expand(input).expect_err("the derive refuses this").to_string()
    }

    #[test]
    fn columns_are_named_after_fields_or_renamed() {
        let input = parse_quote! {
            struct Counts<'a> { r#type: &'a str, #[row(rename = "a b")] ab: u64 }
        };
        let expanded = expand(input).expect("a struct with named fields").to_string();
        assert!(expanded.contains(r#"Some (& ["type" , "a b"])"#), "{expanded}");
        assert!(expanded.contains(r#"fields . push ("a b" , & self . ab)"#), "{expanded}");
        assert!(expanded.contains("Row for Counts < 'a >"), "{expanded}");
    }

    #[test]
    fn only_structs_with_named_fields_are_rows() {
        assert_eq!(
            error_of(parse_quote!(
                enum Kind {
                    Jpeg,
                }
            )),
            "only a struct can be a row"
        );
        let no_names = "a row needs named fields: they are its columns";
        assert_eq!(
            error_of(parse_quote!(
                struct Pair(u8, u8);
            )),
            no_names
        );
        assert_eq!(
            error_of(parse_quote!(
                struct Unit;
            )),
            no_names
        );
        assert_eq!(
            error_of(parse_quote!(
                struct Empty {}
            )),
            no_names
        );
    }

    #[test]
    fn a_column_cannot_be_there_twice() {
        let input = parse_quote!(
            struct Twice {
                x: u8,
                #[row(rename = "x")]
                y: u8,
            }
        );
        assert_eq!(error_of(input), "the column `x` is there already");
    }

    #[test]
    fn an_unknown_attribute_is_refused() {
        let input = parse_quote!(
            struct Typo {
                #[row(renamed = "x")]
                y: u8,
            }
        );
        assert_eq!(error_of(input), "unknown attribute: there is only `rename`");
    }
}
