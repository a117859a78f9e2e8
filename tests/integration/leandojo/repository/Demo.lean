import Demo.Base
import Demo.Top
