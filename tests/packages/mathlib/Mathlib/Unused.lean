module

theorem wrong : 1 = 2 := by decide
