module count-fruits

go 1.27
