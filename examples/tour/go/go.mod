module tour

go 1.24

require sandmill v0.0.0

replace sandmill => ../../../guest-sdk/go
