module sandmill

go 1.24
