package train

// must returns a value of a backend that has no errors.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
