import '@fontsource-variable/noto-sans-hk/wght.css';
import '@fontsource-variable/noto-sans-sc/wght.css';
