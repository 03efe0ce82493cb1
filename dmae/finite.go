package dmae

import (
	"fmt"

	"github.com/godmae/godmae/nn"
)

// NotFinite says in words which parameters have values that are not finite,
// for example after training that diverged; "" if there are none. The error
// is the backend's.
func NotFinite(p *nn.Params) (string, error) {
	first, tensors := "", 0
	for _, param := range p.All() {
		values, err := p.Download(param)
		if err != nil {
			return "", err
		}
		for _, v := range values {
			if v-v != 0 { // NaN and infinities
				if tensors++; first == "" {
					first = param.Name
				}
				break
			}
		}
	}
	switch tensors {
	case 0:
		return "", nil
	case 1:
		return fmt.Sprintf("its %s holds values that are not finite numbers", first), nil
	case 2:
		return fmt.Sprintf("its %s and another tensor hold values that are not finite numbers", first), nil
	}
	return fmt.Sprintf("its %s and %d other tensors hold values that are not finite numbers", first, tensors-1), nil
}
