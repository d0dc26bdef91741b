module count-fruits

go 1.27

require sandmill v0.0.0

replace sandmill => ../../../guest-sdk/go
